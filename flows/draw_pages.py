"""Pictures of what arrived, for people to look at: drawn apart from the desk, kept on disk, never the file itself."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from extractors.ocr.settings import OcrSettings
from extractors.render import Sight
from flows.isolate_pages import Drawers
from flows.keep_pages import KeptPages
from postroom.document import Document, sha256
from postroom.errors import BusinessError, LimitExceeded
from postroom.text import Box, Page

MEDIA_TYPE = "image/webp"
WIDTHS = range(16, 4001)
"""Of pictures that may be asked for, in pixels."""

_FAILURES = 1000
_FAILED_SECONDS = 600.0
"""How long a page that could not be drawn is not tried again, so that one hostile file does not hold up the others."""


def drawable(document: Document) -> bool:
    """Tell whether there is a picture of a document; of any other there is only its text."""
    kind = document.media_type
    return kind == "application/pdf" or (kind.startswith("image/") and not kind.startswith("image/svg"))


class PagePictures:
    """Pages and pieces of pages as WebP; safe to share between threads. The caller has asked who may see them."""

    def __init__(
        self,
        folder: Path,
        settings: OcrSettings | None = None,
        *,
        drawers: Drawers | None = None,
        limit_bytes: int = 2_000_000_000,
    ) -> None:
        self._kept = KeptPages(folder, limit_bytes)
        self._drawers = drawers or Drawers()
        self._settings = settings or OcrSettings()
        self._lock = threading.Lock()
        self._drawing: dict[str, Future[bytes]] = {}
        self._failed: dict[tuple[str, int], tuple[float, BusinessError]] = {}

    def warm(self) -> None:
        """Start the drawing processes now, so that nobody waits for them later."""
        self._drawers.warm()

    def close(self) -> None:
        """End the drawing processes; safe to repeat."""
        self._drawers.close()

    def page(self, document: Document, page: Page | None, number: int, width: int, *, turn: int = 0) -> bytes:
        """Return a page, upright as its boxes refer to it, and then turned.

        Args:
            page: As it was read; None where it was not.
            number: Of the page, from 1.
            width: In pixels, before it is turned.
            turn: Clockwise, in degrees: 0, 90, 180 or 270.

        Raises:
            UnreadableDocument: It cannot be drawn; LockedDocument and LimitExceeded say more.
            TransientError: Too much is being drawn at once.
        """
        return self._picture(Sight(document, number, _allowed(width), page, turn % 360 // 90 * 90))

    def crop(
        self, document: Document, page: Page | None, number: int, box: Box, width: int, *, padding: float = 0.012
    ) -> bytes:
        """Return a piece of a page, no larger than life.

        Args:
            box: What must be seen.
            width: In pixels, at most.
            padding: What is to be seen around it, in fractions of the page.

        Raises:
            UnreadableDocument: It cannot be drawn; LockedDocument and LimitExceeded say more.
            TransientError: Too much is being drawn at once.
        """
        around = Box(
            max(0.0, box.x0 - padding),
            max(0.0, box.y0 - padding),
            min(1.0, box.x1 + padding),
            min(1.0, box.y1 + padding),
        )
        return self._picture(Sight(document, number, _allowed(width), page, box=around))

    def forget(self, document_id: str) -> None:
        """Delete every picture of a document; safe to repeat."""
        self._kept.forget(document_id)

    def _picture(self, sight: Sight) -> bytes:
        # The words are not needed for drawing; without them less crosses to the other process.
        page = replace(sight.page, lines=()) if sight.page is not None else None
        sight = replace(sight, page=page, settings=self._settings)
        key = _key(sight)
        content = self._kept.get(sight.document.id, key)
        if content is not None:
            return content
        with self._lock:
            drawing = self._drawing.get(key)
            mine = drawing is None
            if drawing is None:
                drawing = self._drawing[key] = Future()
        if mine:
            self._draw(sight, key, drawing)
        return drawing.result()

    def _draw(self, sight: Sight, key: str, drawing: Future[bytes]) -> None:
        """Draw for all who asked meanwhile, who hear of a failure as well."""
        try:
            self._refuse_failed(sight)
            content = self._drawers.draw(sight)
            self._kept.put(sight.document.id, key, content)
        except BaseException as error:
            if isinstance(error, BusinessError):
                self._remember(sight, error)
            drawing.set_exception(error)
        else:
            drawing.set_result(content)
        finally:
            with self._lock:
                del self._drawing[key]

    def _refuse_failed(self, sight: Sight) -> None:
        at, error = self._failed.get((sight.document.id, sight.number), (0.0, None))
        if error is not None and time.monotonic() - at < _FAILED_SECONDS:
            raise type(error)(error.message, hint=error.hint)

    def _remember(self, sight: Sight, error: BusinessError) -> None:
        with self._lock:
            if len(self._failed) >= _FAILURES:
                self._failed.clear()
            # A failure already remembered keeps its time, so that asking again and again does not prolong it.
            of = (sight.document.id, sight.number)
            at, known = self._failed.get(of, (0.0, None))
            if known is None or time.monotonic() - at >= _FAILED_SECONDS:
                self._failed[of] = (time.monotonic(), error)


def _allowed(width: int) -> int:
    if width not in WIDTHS:
        raise LimitExceeded(
            f"A picture {width} pixels wide cannot be drawn.",
            hint=f"Ask for {WIDTHS.start} to {WIDTHS.stop - 1} pixels.",
        )
    return width


def _key(sight: Sight) -> str:
    """Return what tells one picture of a document from another: also how the page lay when it was read."""
    page = sight.page
    lying = (page.corners, page.width, page.height, page.rotation) if page is not None else None
    box = sight.box and (sight.box.x0, sight.box.y0, sight.box.x1, sight.box.y1)
    said = (sight.number, sight.width, sight.turn, box, lying, sight.settings.model_dump_json())
    return sha256(repr(said).encode())[:40]
