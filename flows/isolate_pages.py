"""Processes that draw pages for the desk, apart from it: a hostile file can end or stall one of them, and no more."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from extractors.drawing import HEAD
from postroom.errors import (
    BusinessError,
    LimitExceeded,
    LockedDocument,
    TransientError,
    UnreadableDocument,
)

if TYPE_CHECKING:
    from extractors.render import Sight

_PASSED_ON = ("PATH", "SYSTEMROOT")
"""All that a drawing process learns of our environment, where secrets are."""
_LARGEST_ANSWER = 64_000_000
_JOBS = 500
"""After which a process makes room for a fresh one, so that what a decoder leaks is given back."""
_KINDS: dict[str, type[BusinessError]] = {
    kind.__name__: kind for kind in (UnreadableDocument, LockedDocument, LimitExceeded)
}


class Drawers:
    """A few such processes, kept warm, each drawing one thing at a time; safe to share between threads."""

    def __init__(self, count: int = 2, *, seconds: int = 15, memory_bytes: int = 3_000_000_000) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._closed = False
        # Last in, first out: the process that drew a page is asked for its pieces.
        self._idle: queue.LifoQueue[_Drawer | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)

    def warm(self) -> None:
        """Start the processes now, so that nobody waits for them later."""
        taken = [self._idle.get() for _ in range(self._idle.qsize())]
        for drawer in taken:
            self._idle.put(drawer or self._started())

    def draw(self, sight: Sight) -> bytes:
        """Return a page, or a piece of one, as WebP.

        Raises:
            UnreadableDocument: It cannot be drawn; LockedDocument and LimitExceeded say more.
            TransientError: All processes are busy.
        """
        with self._drawer() as drawer:
            return drawer.draw(sight, self._seconds)

    def close(self) -> None:
        """End the processes; safe to repeat."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                drawer = self._idle.get_nowait()
                if drawer is not None:
                    drawer.end()

    @contextlib.contextmanager
    def _drawer(self) -> Iterator[_Drawer]:
        try:
            drawer = self._idle.get(timeout=2 * self._seconds)
        except queue.Empty:
            raise TransientError(
                "Too many pages are being drawn at once.", hint="Load this page again in a moment."
            ) from None
        try:
            drawer = drawer or self._started()
            yield drawer
        finally:
            keep = drawer is not None and drawer.good and not self._closed
            if drawer is not None and not keep:
                drawer.end()
            self._idle.put(drawer if keep else None)

    def _started(self) -> _Drawer:
        return _Drawer(self._seconds, self._memory_bytes)


class _Drawer:
    """One process."""

    def __init__(self, seconds: int, memory_bytes: int) -> None:
        program = [sys.executable, "-I", "-B", "-m", "extractors.drawing", str(memory_bytes), str(seconds + 1)]
        self._process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Decoders write what they make of a file there; it may hold words of the post.
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._jobs = 0
        self._failed = False

    @property
    def good(self) -> bool:
        """Whether it may be asked again."""
        return not self._failed and self._jobs < _JOBS and self._process.poll() is None

    def draw(self, sight: Sight, seconds: int) -> bytes:
        """Ask for one picture and wait for it, no longer than so many seconds."""
        self._jobs += 1
        late = threading.Event()
        deadline = threading.Timer(seconds, self._give_up, (late,))
        deadline.start()
        try:
            drawn, content = self._asked(sight)
        except (OSError, EOFError) as error:
            self._failed = True
            raise _too_slow(sight, seconds) if late.is_set() else _broken_off(sight) from error
        finally:
            deadline.cancel()
        if not drawn:
            raise _told(sight, content)
        return content

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _asked(self, sight: Sight) -> tuple[bool, bytes]:
        jobs, answers = self._process.stdin, self._process.stdout
        assert jobs is not None  # noqa: S101
        assert answers is not None  # noqa: S101
        pickle.dump(sight, jobs)
        jobs.flush()
        drawn, length = HEAD.unpack(_exactly(answers, HEAD.size))
        if length > _LARGEST_ANSWER:
            raise EOFError
        return drawn, _exactly(answers, length)


def _exactly(answers: IO[bytes], length: int) -> bytes:
    content = answers.read(length)
    if len(content) != length:
        raise EOFError
    return content


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _too_slow(sight: Sight, seconds: int) -> LimitExceeded:
    return LimitExceeded(
        f"Page {sight.number} of {sight.document.name} took longer than {seconds} seconds to draw.",
        hint="Read its text, or ask the sender for a simpler copy.",
    )


def _broken_off(sight: Sight) -> UnreadableDocument:
    return UnreadableDocument(
        f"Page {sight.number} of {sight.document.name} cannot be drawn: it made the drawing stop.",
        hint="Read its text. Open the file by hand only if ICT says it is safe.",
    )


def _told(sight: Sight, content: bytes) -> BusinessError:
    """Make an error of what the process says, believing no more of it than text and one of three names."""
    try:
        told = json.loads(content)
        return _KINDS[told["kind"]](str(told["message"])[:500], hint=str(told["hint"])[:500])
    except (ValueError, KeyError, TypeError):
        return _broken_off(sight)
