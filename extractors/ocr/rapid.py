"""RapidOCR: the strong engine, for what Tesseract is unsure of."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from extractors.ocr.pixels import Pixels
from extractors.ocr.seen import Seen

_lock = threading.Lock()


@cache
def _engine(threads: int) -> Any:  # RapidOCR ships no types
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def see(pixels: Pixels, threads: int = 1) -> list[Seen]:
    """Return the words of an upright picture; one page at a time in a process."""
    with _lock:
        result = _engine(threads)(pixels[:, :, ::-1], use_cls=False, return_word_box=True)
    if result.txts is None:
        return []
    return [word for line in result.word_results for word in map(_seen, line) if word.text]


def _seen(found: tuple[str, float, list[list[float]]]) -> Seen:
    text, score, corners = found
    across = [corner[0] for corner in corners]
    down = [corner[1] for corner in corners]
    return Seen(
        text.strip(), float(min(across)), float(min(down)), float(max(across)), float(max(down)), certainty(score)
    )


def certainty(score: float) -> float:
    """Return the share of words that are right among those RapidOCR gives this score."""
    return max(0.0, min(1.0, float(score)))
