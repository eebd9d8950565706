"""The configuration in force, how it differs from earlier ones, and which items were made under which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from fastapi import Request
from fastapi.responses import Response

from desk.web.office import office_of, person_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from desk.web.system.page import query
from postroom.errors import ItemNotFound
from postroom.staff import May

router = DeskRouter()
PAGE = 100
_AROUND = 3
"""Lines shown around each change."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a comparison."""

    before: int | None
    """Its number in the earlier file; None if it is new."""
    after: int | None
    """Its number in the later file; None if it is gone."""
    text: str
    begins: bool = False
    """Whether lines were left out above it."""

    @property
    def change(self) -> str:
        """`added`, `removed`, or nothing."""
        return "added" if self.before is None else "removed" if self.after is None else ""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """How one file differs."""

    name: str
    change: str
    """`new`, `gone` or `changed`."""
    lines: tuple[DiffLine, ...]


@router.page("/system/configuration", May.SEE_SYSTEM)
def configuration(request: Request, version: str = "", against: str = "") -> Response:
    """Show a configuration, the one in force if none is named, and compare it with an earlier one."""
    ledger = office_of(request).ledger
    known = ledger.configurations()
    if not known:
        return render(request, "system/configuration.html", shown=None, known=known)
    shown = next((one for one in known if one.version == (version or known[0].version)), None)
    if shown is None or (against and against not in {one.version for one in known}):
        raise ItemNotFound("There is no such configuration in the ledger.")
    files = ledger.configuration(shown.version)
    earlier = ledger.configuration(against) if against else {}
    return render(
        request,
        "system/configuration.html",
        shown=shown,
        known=known,
        files=files,
        against=against,
        differences=list(differences(earlier, files)) if against else [],
        made=ledger.items_by_configuration(),
        desk_version=ledger.configuration_in_use,
    )


@router.page("/system/configuration/{version}/items", May.SEE_SYSTEM)
def items(request: Request, version: str, after: str = "") -> Response:
    """List the items that were made under a version: ids, processes, states and days."""
    office, person = office_of(request), person_of(request)
    office.ledger.configuration(version)
    scope = office.scope(person)
    found = office.ledger.items_under(version, restricted=person.restricted, limit=PAGE + 1, after=after)
    more = f"/system/configuration/{version}/items?{query(after=found[PAGE - 1][0])}" if len(found) > PAGE else ""
    shown = [one for one in found[:PAGE] if scope.holds(one[1], "")]
    titles = {one[1]: office.process_title(one[1]) for one in shown}
    return render(
        request,
        "system/configuration_items.html",
        version=version,
        items=shown,
        titles=titles,
        more=more,
        after=after,
        may_open=person.may(May.SEE_ITEMS),
    )


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[FileDiff]:
    """Yield how each file differs between two configurations; those alike are left out."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            change = "new" if name not in before else "gone" if name not in after else "changed"
            lines = _lines(before.get(name, "").splitlines(), after.get(name, "").splitlines())
            yield FileDiff(name, change, tuple(lines))


def _lines(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_AROUND):
        begins = True
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                for step in range(last - first):
                    yield DiffLine(first + step + 1, new_first + step + 1, before[first + step], begins)
                    begins = False
                continue
            for place in range(first, last):
                yield DiffLine(place + 1, None, before[place], begins)
                begins = False
            for place in range(new_first, new_last):
                yield DiffLine(None, place + 1, after[place], begins)
                begins = False
