"""Words become lines in the order in which a person reads them."""

from collections.abc import Iterator

from extractors.ocr.lines import lines_of
from extractors.ocr.seen import Seen


def row(text: str, x: int, y: int) -> Iterator[Seen]:
    for word in text.split():
        yield Seen(word, x, y, x + 10 * len(word), y + 20, 1.0)
        x += 10 * len(word) + 8


def lines(*rows: Iterator[Seen]) -> list[str]:
    return [line.text for line in lines_of([word for given in rows for word in given], 1000, 1000)]


def test_a_row_that_slopes_a_little_is_one_line() -> None:
    words = [
        Seen(f"w{index}", index * 40, 100 + index * 2, index * 40 + 30, 120 + index * 2, 1.0) for index in range(9)
    ]
    assert len(lines_of(words, 1000, 1000)) == 1


def test_cells_far_apart_are_lines_of_their_own_row_by_row() -> None:
    seen = lines(row("Net total", 50, 100), row("100.00", 600, 102), row("VAT", 50, 140), row("20.00", 600, 141))
    assert seen == ["Net total", "100.00", "VAT", "20.00"]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [row(f"left side of row {index}", 50, 100 + 30 * index) for index in range(6)]
    right = [row(f"right side of row {index}", 280, 100 + 30 * index) for index in range(6)]
    seen = lines(row("Heading over both columns of this page", 50, 50), *left, *right, row("Below them all", 50, 400))
    assert seen[0].startswith("Heading")
    assert seen[1:7] == [f"left side of row {index}" for index in range(6)]
    assert seen[7:13] == [f"right side of row {index}" for index in range(6)]
    assert seen[13] == "Below them all"


def test_labels_stay_beside_their_values() -> None:
    rows = [(f"Label {index}", f"a value of some words {index}") for index in range(6)]
    given = [
        part
        for index, (label, value) in enumerate(rows)
        for part in (row(label, 50, 100 + 30 * index), row(value, 300, 100 + 30 * index))
    ]
    assert lines(*given) == [text for pair in rows for text in pair]


def test_no_words_make_no_lines() -> None:
    assert lines_of([], 100, 100) == ()


def test_boxes_are_fractions_of_the_page() -> None:
    box = lines_of([Seen("word", 100, 200, 300, 250, 0.5)], 1000, 500)[0].box
    assert (box.x0, box.y0, box.x1, box.y1) == (0.1, 0.4, 0.3, 0.5)
