"""What `read`, `triage` and `extract` print: rows for programs, and the same for people."""

from __future__ import annotations

from typing import Any

from desk.cli.printing import print_line, print_table
from postroom.disposition import OTHER, Outcome
from postroom.errors import PostroomError
from postroom.fields import Field
from postroom.message import ReadMessage
from postroom.workitem import Extraction, Triage

Row = dict[str, Any]


def extraction_row(extraction: Extraction) -> Row:
    """Return an item as `extract --json` prints it, without its file."""
    return {
        "process": extraction.triage.process,
        "confidence": round(extraction.triage.confidence, 4),
        "disposition": str(extraction.disposition.outcome),
        "reasons": list(extraction.disposition.reasons),
        "fields": {field.name: _field(field) for field in extraction.fields},
    }


def _field(field: Field) -> Row:
    place = field.provenance
    box = place.box
    return {
        "value": field.value,
        "confidence": round(field.confidence, 4),
        "page": place.page,
        "box": [round(edge, 5) for edge in (box.x0, box.y0, box.x1, box.y1)] if box else None,
        "text": place.text,
        "rule": place.rule,
    }


def reading_row(read: ReadMessage) -> Row:
    """Return a message as `read --json` prints it, without its file."""
    documents = []
    for document in read.unpacked.documents:
        text = read.text_of(document)
        pages = [
            {
                "page": page.number,
                "source": str(page.source),
                "rotation": page.rotation,
                "confidence": round(page.confidence, 4),
                "text": page.text,
            }
            for page in (text.pages if text else ())
        ]
        documents.append({
            "name": document.name, "type": document.media_type, "role": str(document.role), "id": document.id,
            "pages": pages, "notes": list(text.notes) if text else [],
        })  # fmt: skip
    problems = [{"document": problem.document, "reason": problem.reason} for problem in read.problems]
    return {"documents": documents, "problems": problems}


def triage_row(triage: Triage) -> Row:
    """Return a request as `triage --json` prints it, without its file."""
    return {
        "process": triage.process,
        "confidence": round(triage.confidence, 4),
        "reasons": list(triage.reasons),
        "protected": triage.protected,
        "documents": list(triage.document_ids),
    }


def unread_row(error: PostroomError) -> Row:
    """Return what `read` prints for a file that cannot be read."""
    return {"documents": [], "problems": [{"document": "", "reason": str(error)}], "pages": 0}


def untriaged_row(error: PostroomError) -> Row:
    """Return what `triage` prints for a file that cannot be read: a person decides."""
    return {"item": 1, "process": OTHER, "confidence": 0.0, "reasons": [str(error)], "protected": "", "documents": [],
            "pages": 0}  # fmt: skip


def unextracted_row(error: PostroomError) -> Row:
    """Return what `extract` prints for a file that cannot be read: a person decides."""
    return {"item": 1, "process": OTHER, "confidence": 0.0, "disposition": str(Outcome.REVIEW),
            "reasons": [str(error)], "fields": {}, "pages": 0}  # fmt: skip


def show_reading(row: Row) -> None:
    """Print a message's text for people."""
    print_line(f"{row['file']}  ({row['seconds']} s)", "bold")
    for document in row["documents"]:
        print_line(f"  {document['name']}  {document['type']}  {document['role']}", "cyan")
        for page in document["pages"]:
            print_line(f"  page {page['page']}, {page['source']}, read with confidence {page['confidence']:.2f}", "dim")
            for line in page["text"].splitlines():
                print_line(f"    {line}")
        for note in document["notes"]:
            print_line(f"  {note}", "yellow")
    for problem in row["problems"]:
        print_line(f"  {problem['document']} {problem['reason']}", "yellow")


def show_triage(row: Row) -> None:
    """Print a request for people."""
    print_line(f"{row['file']}  item {row['item']}: {row['process']}  ({row['confidence']:.2f})", "bold")
    for reason in (row["protected"] and f"Protected: {row['protected']}", *row["reasons"]):
        if reason:
            print_line(f"  {reason}")


def show_extraction(row: Row) -> None:
    """Print an item with its fields for people."""
    heading = f"{row['file']}  item {row['item']}: {row['process']} ({row['confidence']:.2f}), {row['disposition']}"
    print_line(heading, "bold")
    for reason in row["reasons"]:
        print_line(f"  {reason}", "yellow" if row["disposition"] == "review" else "")
    cells = [
        (name, field["value"], f"{field['confidence']:.2f}", str(field["page"]), field["text"], field["rule"])
        for name, field in row["fields"].items()
    ]
    if cells:
        print_table(("Field", "Value", "Sure", "Page", "As written", "Rule"), cells, right=("Sure", "Page"))
