"""The source beside the fields: every field's words are marked where they stand, and nothing else changes."""

from __future__ import annotations

import re

import pytest
from lxml import html as markup

from desk.web.pages import environment
from desk.web.source.frames import MOST_MARKS, seen
from desk.web.source.marking import Mark, View, marks_of, overlay, text_frame, turned
from postroom.fields import Field, Provenance
from postroom.text import Box, Line, Page, Section, Source, Text, Word, plain_page
from tests.desk.web.vectors import VECTORS

NEW = Section.NEW
LETTER = plain_page(
    [
        ("Good afternoon,", NEW),
        ("My name is Femi Oduya and I live at", NEW),
        ("9 Mercer Row, Northborough,  LE11 3GU.", NEW),
        ("", NEW),
        ("Amount   Due", NEW),
        ("  12.50  1 May", NEW),
        ("Femi", Section.SIGNATURE),
        ("On Monday we wrote: pay now", Section.QUOTED),
    ]
)


def box_of(page: Page, first: str, last: str = "") -> Box:
    words = list(page.words)
    start = next(index for index, word in enumerate(words) if first in word.text)
    end = next(index for index, word in enumerate(words) if (last or first) in word.text and index >= start)
    box = words[start].box
    for word in words[start : end + 1]:
        box = box.around(word.box)
    return box


def tree(page: Page, *marks: Mark) -> markup.HtmlElement:
    return markup.fromstring(text_frame(Text("d", (page,)), marks))


def words(element: markup.HtmlElement) -> str:
    """Return what is seen, without the title that is only said."""
    for said in element.xpath(".//span[@class='said']"):
        said.drop_tree()
    return str(element.text_content())


def marked(root: markup.HtmlElement, number: int) -> str:
    return " ".join(words(one) for one in root.xpath(f"//mark[contains(concat(' ', @class, ' '), ' m{number} ')]"))


def test_the_words_of_a_field_are_marked_and_named() -> None:
    root = tree(LETTER, Mark("full_name", "Full name", 1, box_of(LETTER, "Femi", "Oduya"), "Femi Oduya"))
    (mark,) = root.xpath("//mark")
    assert (mark.get("id"), mark.get("title")) == ("field-full_name", "Full name")
    assert mark.text_content() == "Full name: Femi Oduya"
    assert marked(root, 0) == "Femi Oduya"


def test_everything_that_was_read_is_there_once_and_in_order() -> None:
    marks = [Mark("a", "A", 1, Box(0, 0, 1, 1)), Mark("b", "B", 1, box_of(LETTER, "Mercer", "Northborough"))]
    root = tree(LETTER, *marks)
    assert " ".join(words(root).split()).endswith(
        "Good afternoon, My name is Femi Oduya and I live at 9 Mercer Row, Northborough, LE11 3GU. Amount Due "
        "12.50 1 May Signature Femi An earlier mail, quoted On Monday we wrote: pay now"
    )


def test_a_stop_after_a_value_is_outside_its_mark_and_one_within_it_stays() -> None:
    box = box_of(LETTER, "Mercer", "3GU")
    root = tree(LETTER, Mark("address", "Address", 1, box, "Mercer Row, Northborough, LE11 3GU"))
    assert marked(root, 0) == "Mercer Row, Northborough,  LE11 3GU"
    assert "LE11 3GU." in root.text_content()


def test_a_field_over_several_lines_is_marked_in_each_and_named_once() -> None:
    page = plain_page([("I live at 9 Mercer", NEW), ("Row, Northborough since", NEW)])
    box = box_of(page, "9", "Mercer").around(box_of(page, "Row", "Northborough"))
    root = tree(page, Mark("address", "Address", 1, box, "9 Mercer Row, Northborough"))
    assert marked(root, 0) == "9 Mercer Row, Northborough", "The box holds more words than were read as the field."
    assert len(root.xpath("//*[@id='field-address']")) == 1


def test_where_the_words_do_not_agree_all_in_the_box_are_marked() -> None:
    root = tree(LETTER, Mark("name", "Name", 1, box_of(LETTER, "Femi", "Oduya"), "worked out"))
    assert marked(root, 0) == "Femi Oduya"


def test_overlapping_fields_are_all_marked() -> None:
    street, town = box_of(LETTER, "9", "Northborough"), box_of(LETTER, "Northborough", "3GU")
    whole = box_of(LETTER, "Mercer", "Row")
    root = tree(LETTER, Mark("one", "One", 1, street), Mark("two", "Two", 1, town), Mark("in", "In", 1, whole))
    assert marked(root, 0).split() == ["9", "Mercer", "Row,", "Northborough,"]
    assert marked(root, 1).split() == ["Northborough,", "LE11", "3GU"]
    assert marked(root, 2).split() == ["Mercer", "Row,"]
    ids = [one.get("id") for one in root.xpath("//mark[@id]")]
    assert sorted(ids) == ["field-in", "field-one", "field-two"]


def test_a_part_of_a_word_marks_the_word() -> None:
    page = Page(1, (Line((Word("Ref:AB12,", Box(0.1, 0.1, 0.3, 0.12)),)),), Source.TESSERACT)
    assert marked(tree(page, Mark("ref", "Reference", 1, Box(0.17, 0.1, 0.29, 0.12), "AB12")), 0) == "Ref:AB12"


def test_a_field_of_another_page_or_of_none_marks_nothing() -> None:
    root = tree(LETTER, Mark("a", "A", 2, Box(0, 0, 1, 1)), Mark("b", "B", 1, None))
    assert not root.xpath("//mark")


def test_typed_text_keeps_its_columns() -> None:
    lines = [one.text_content() for one in tree(LETTER).xpath("//div[contains(@class, 'line')]")]
    assert lines[3:5] == ["Amount   Due", "  12.50  1 May"]
    assert "gap" in tree(LETTER).xpath("//div[contains(@class, 'line')]")[3].get("class")


def test_parts_of_a_mail_are_told_apart() -> None:
    root = tree(LETTER)
    assert [one.text_content() for one in root.xpath("//p[@class='label']")] == ["Signature", "An earlier mail, quoted"]
    assert not root.xpath("//div[contains(@class, 'part')]//div[contains(., 'Good')]")


def test_pages_without_words_and_what_was_not_read_are_said() -> None:
    text = Text("d", (Page(1, ()), Page(2, ())), ("Page 1 is blank.",), ("Page 2 was <not> read.",))
    root = markup.fromstring(text_frame(text, ()))
    assert [one.text_content() for one in root.xpath("//li")] == ["Page 2 was <not> read.", "Page 1 is blank."]
    assert len(root.xpath("//p[@class='remark']")) == 2
    assert root.xpath("//section/@id") == ["page-1", "page-2"]


def test_a_frame_has_language_title_and_takes_the_focus() -> None:
    root = markup.fromstring(text_frame(Text("d", (LETTER,)), (), "Letter <1>"))
    assert root.get("lang") == "en-GB"
    assert root.findtext(".//title") == "Letter <1>"
    assert root.find(".//main").get("tabindex") == "0"


def test_what_turns_the_direction_of_text_is_taken_out() -> None:
    assert seen("letter\u202efdp.exe\u0000\u200b") == "letterfdp.exe"
    assert seen("سلام 👩‍👧 naïve\tx") == "سلام 👩‍👧 naïve\tx"


@pytest.mark.parametrize("vector", VECTORS[::3], ids=lambda vector: str(vector.number))
def test_nothing_written_in_post_becomes_mark_up(vector) -> None:  # type: ignore[no-untyped-def]
    page = plain_page([(line, NEW) for line in vector.text.splitlines()])
    whole = Box(0, 0, 1, 1)
    frame = text_frame(
        Text("d", (page,), (vector.text,)), [Mark(vector.text, vector.text, 1, whole, "")], title=vector.text
    )
    allowed = {
        "html",
        "head",
        "h1",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "ul",
        "li",
        "section",
        "div",
        "mark",
        "span",
    }
    body = frame.split("<body>")[1]
    for tag, attributes in re.findall(r"<(/?[a-zA-Z!][^\s>]*)([^>]*)>", body):
        assert tag.strip("/") in allowed | {"p"}
        assert not re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', attributes))


def test_marks_are_made_of_the_fields_of_one_document() -> None:
    box = Box(0.1, 0.1, 0.2, 0.2)
    fields = [
        Field("a_b", "1", 0.5, Provenance("d", 1, box, "one", "label")),
        Field("other", "2", 0.9, Provenance("e", 1, box, "two", "label")),
        Field("header", "3", 0.9, Provenance("d", 1, None, "three", "sender")),
    ]
    assert marks_of(fields, "d", {}, ["a_b"]) == [Mark("a_b", "a b", 1, box, "one", doubtful=True)]
    assert marks_of(fields, "d", {"a_b": "Account"})[0].title == "Account"


@pytest.mark.parametrize(
    ("turn", "box"),
    [
        (0, Box(0.1, 0.2, 0.3, 0.25)),
        (90, Box(0.75, 0.1, 0.8, 0.3)),
        (180, Box(0.7, 0.75, 0.9, 0.8)),
        (270, Box(0.2, 0.7, 0.25, 0.9)),
    ],
)
def test_boxes_turn_with_their_page(turn: int, box: Box) -> None:
    found = turned(Box(0.1, 0.2, 0.3, 0.25), turn)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1))


def test_outlines_lie_where_the_words_were_read() -> None:
    page = Page(2, (), Source.TESSERACT, 1000, 1500)
    marks = [Mark("a", "A", 2, Box(0.1, 0.2, 0.3, 0.25), doubtful=True), Mark("b", "B", 1, Box(0, 0, 1, 1))]
    drawn = overlay(page, marks)
    (outline,) = drawn.outlines
    assert (drawn.width, drawn.height) == (1000, 1500)
    assert (outline.x, outline.y, outline.width, outline.height) == (100, 300, 200, 75)
    assert outline.doubtful
    on_its_side = overlay(page, marks, 90)
    assert (on_its_side.width, on_its_side.height) == (1000, 667)


def test_a_view_is_read_from_the_address_and_nonsense_is_not() -> None:
    assert View.of({"page": "3", "zoom": "200", "turn": "270"}, 3) == View(3, 200, 270)
    assert View.of({"page": "4", "zoom": "1e9", "turn": "45"}, 3) == View()
    assert View.of({"page": "-1", "zoom": "<b>", "turn": ""}) == View()
    assert View(zoom=300).width == 3000


def test_links_keep_the_rest_of_the_address() -> None:
    view = View(2, 150, 270)
    right = view.turns("/items/1", {"zoom": "150", "document": "a&b"})[1]
    assert right.href == "/items/1?document=a%26b&page=2&zoom=150&turn=0"
    assert [choice.current for choice in view.zooms("/", {})] == [False, True, False, False]
    assert view.pages("/", {}, 3)[2].href == "/?page=3&zoom=150&turn=0"


def shown(view: View, title: str = "Address", pages: int = 2) -> str:
    page = Page(1, (), Source.TESSERACT, 1000, 1414)
    macros = environment().get_template("source/page.html").module
    return str(
        macros.picture(  # type: ignore[attr-defined]
            "/picture", overlay(page, [Mark("a", title, 1, Box(0.1, 0.2, 0.3, 0.25))], view.turn),
            f"Page 1 of {title}", view, "/items/1", {"x": title}, pages,
        )
    )  # fmt: skip


def test_the_picture_has_its_words_for_those_who_do_not_see_it() -> None:
    root = markup.fromstring(shown(View(zoom=200)))
    assert root.xpath("//img/@alt") == ["Page 1 of Address"]
    assert root.xpath("//svg/@aria-hidden") == ["true"]
    assert root.xpath("//rect/@id") == ["box-a"]
    assert [one.text_content() for one in root.xpath("//a[@aria-current]")] == ["Page 1", "200%"]
    assert not root.xpath("//@style")


@pytest.mark.parametrize("vector", VECTORS[::5], ids=lambda vector: str(vector.number))
def test_no_name_breaks_out_of_the_picture(vector) -> None:  # type: ignore[no-untyped-def]
    tags = {element.tag for element in markup.fragment_fromstring(shown(View(), vector.text), True).iter()}
    assert tags <= {"div", "ul", "li", "a", "img", "svg", "rect", "title"}


def test_there_are_no_more_rules_than_marks() -> None:
    marks = [Mark(f"f{number}", "F", 1, Box(0, 0, 1, 1)) for number in range(MOST_MARKS + 5)]
    root = tree(LETTER, *marks)
    assert len(root.xpath("//mark[@id]")) == MOST_MARKS + 5
