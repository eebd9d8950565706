"""A process that draws pages and can do little else: the desk starts it, for what it draws was written by strangers.

It is given no secret and no file, its memory and time are bounded, and it answers with plain bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import struct
import sys
from typing import TYPE_CHECKING, BinaryIO

from postroom.errors import LimitExceeded, PostroomError, UnreadableDocument

if TYPE_CHECKING:
    from extractors.ocr.pixels import Frame
    from extractors.render import Sight

HEAD = struct.Struct(">?Q")
"""Before each answer: whether it is a picture rather than an error, and how many bytes follow."""


def serve(jobs: BinaryIO, answers: BinaryIO, seconds: int) -> None:
    """Draw what is asked for until nobody asks any more."""
    kept = _Kept()
    with contextlib.suppress(EOFError):
        while True:
            # The desk alone writes here; it never unpickles what it reads from us.
            sight: Sight = pickle.load(jobs)  # noqa: S301
            _alarm(seconds)
            drawn, content = _answer(sight, kept)
            _alarm(0)
            answers.write(HEAD.pack(drawn, len(content)) + content)
            answers.flush()


class _Kept:
    """The page drawn last, for the pieces cut out of it."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._frame: Frame | None = None

    def frame(self, sight: Sight) -> Frame:
        """Return the page as stored, decoded once for all its pieces."""
        from extractors.render import page_frame

        of = (sight.document.id, sight.number, sight.settings)
        if self._frame is None or of != self._of:
            self._of, self._frame = (), None
            self._frame = page_frame(sight.document, sight.number, sight.settings)
            self._of = of
        return self._frame


def _answer(sight: Sight, kept: _Kept) -> tuple[bool, bytes]:
    from extractors.render import draw_sight

    name = sight.document.name
    try:
        return True, draw_sight(sight, kept.frame(sight))
    except PostroomError as error:
        return False, _told(error)
    except MemoryError:
        hint = "Read its text, or ask the sender for a smaller copy."
        return False, _told(LimitExceeded(f"Page {sight.number} of {name} takes too much memory to draw.", hint=hint))
    except Exception as error:
        # The wall around the decoders: whatever they raise costs this page its picture and nothing else.
        reason = f"Page {sight.number} of {name} cannot be drawn ({type(error).__name__})."
        return False, _told(UnreadableDocument(reason, hint="Read its text, or ask the sender for it again."))


def _told(error: PostroomError) -> bytes:
    return json.dumps({"kind": type(error).__name__, "message": error.message, "hint": error.hint}).encode()


def _alarm(seconds: int) -> None:
    # Ends this process even inside a decoder, and even when the desk that would end it is gone.
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _confine(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits; the time limit holds there as well.
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _warm() -> None:
    import cv2

    import extractors.readers.pdf
    import extractors.readers.picture  # noqa: F401

    cv2.setNumThreads(1)


def main() -> None:
    """Answer on what was standard output, which nothing else can then write to."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    _confine(int(sys.argv[1]))
    _warm()
    serve(sys.stdin.buffer, answers, int(sys.argv[2]))


if __name__ == "__main__":
    main()
