from __future__ import annotations

import pytest

from extractors.readers.html import html_lines


def lines(page: str) -> list[str]:
    return [row.text for row in html_lines(page).rows if row.text]


def test_a_table_of_two_columns_is_labels_and_values_in_order() -> None:
    page = "<table><tr><td>Name</td><td>Ann Hill</td></tr><tr><td>Account:</td><td>123</td></tr></table>"
    assert lines(page) == ["Name: Ann Hill", "Account: 123"]
    assert html_lines(page).has_table


def test_one_row_below_a_head_takes_the_heads_as_labels() -> None:
    page = "<table><tr><th>PCN</th><th>Car</th><th>Date</th></tr>"
    page += "<tr><td>AB1</td><td>XY1 2AB</td><td>1 May</td></tr></table>"
    assert lines(page) == ["PCN: AB1", "Car: XY1 2AB", "Date: 1 May"]


def test_a_longer_table_keeps_its_columns_below_each_other() -> None:
    page = (
        "<table><tr><th>Item</th><th>Qty</th><th>Price</th></tr>"
        + "<tr><td>Bag of salt</td><td>2</td><td>9.50</td></tr>" * 2
    )
    shown = lines(page)
    assert [line.index(word) for line, word in zip(shown, ("Qty", "2", "2"), strict=True)] == [
        shown[0].index("Qty")
    ] * 3


def test_a_table_of_layout_reads_as_paragraphs() -> None:
    page = "<table><tr><td><p>Dear team</p><p>I moved.</p></td></tr><tr><td>Ann</td></tr></table>"
    assert lines(page) == ["Dear team", "I moved.", "Ann"]
    assert not html_lines(page).has_table


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display:none'>secret</div>",
        "<span style='font-size:0px'>secret</span>",
        "<p hidden>secret</p>",
        "<style>secret</style>",
        "<script>secret</script>",
        "<!-- secret -->",
        "<div style='mso-hide:all'>se<b>cr</b>et</div>",
    ],
)
def test_what_nobody_sees_is_not_read(hidden: str) -> None:
    assert lines(f"<p>Seen{hidden} too</p>") in (["Seen too"], ["Seen", "too"])


def test_lists_breaks_boxes_and_entities() -> None:
    page = "<ul><li>one<li>two</ul><ol><li>first</ol>a&nbsp;&pound;5<br>b "
    page += "<input type=checkbox checked>yes <input type=checkbox>no"
    assert lines(page) == ["- one", "- two", "1. first", "a £5", "b ☒ yes ☐ no"]


def test_quotations_count_their_depth() -> None:
    page = "<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote>"
    assert [(row.text, row.depth) for row in html_lines(page).rows if row.text] == [("a", 0), ("b", 1), ("c", 2)]


@pytest.mark.parametrize("page", ["", "<", "</td></tr>", "<td>x", "<table><td>x</table></table>", "\0<p>x", "<?xml?>x"])
def test_broken_pages_do_not_break_the_reader(page: str) -> None:
    assert len(lines(page)) <= 1
