"""RapidOCR: the strong engine, for what Tesseract is unsure of."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from extractors.ocr.certainty import of_rapidocr
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
    # The engine remembers the switches of the last call, so every call sets them all.
    with _lock:
        result = _engine(threads)(pixels[:, :, ::-1], use_det=True, use_cls=False, use_rec=True, return_word_box=True)
    if result.txts is None:
        return []
    return [word for line in result.word_results for word in map(_seen, line) if word.text]


def see_line(pixels: Pixels, threads: int = 1) -> tuple[str, float]:
    """Return the text of a picture that holds one line and nothing else, with its confidence."""
    with _lock:
        result = _engine(threads)(pixels[:, :, ::-1], use_det=False, use_cls=False, use_rec=True, return_word_box=False)
    if not result.txts:
        return "", 0.0
    return str(result.txts[0]), of_rapidocr(result.scores[0])


def _seen(found: tuple[str, float, list[list[float]]]) -> Seen:
    text, score, corners = found
    across = [corner[0] for corner in corners]
    down = [corner[1] for corner in corners]
    return Seen(
        text.strip(), float(min(across)), float(min(down)), float(max(across)), float(max(down)), of_rapidocr(score)
    )
