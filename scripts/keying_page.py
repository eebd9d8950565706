"""Writes docs/keying.md and its picture from what was counted, and reads the page's figures back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.desk.web.keying import Count

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "keying.md"
PICTURE = ROOT / "docs" / "pictures" / "keying.svg"
WAYS = ("desk", "keys", "mouse")
_ROW = re.compile(r"^\| `([a-z-]+)` \|(.+)\|$", re.MULTILINE)
# Seconds of the keystroke-level model (Card, Moran and Newell, 1983): a key of an average skilled typist; and a click,
# for which the hand goes to the mouse, points, presses and comes back.
_KEY, _CLICK = 0.2, 0.4 + 1.1 + 0.2 + 0.4

PAGE_TEXT = """# The desk against keying by hand

<!-- Written by scripts/measure_keying.py; `make measure-keying` counts again and writes it anew. -->

The same twenty held items are dealt with three times in a real browser, and every key is counted: **at the desk** by
keyboard alone; **by hand** in the screens of the sample back office by keyboard alone; and by hand **with the mouse**
wherever a click takes the place of more than one key. Afterwards the ledger and the back office are asked, and each
must hold what a careful person keys. The items are made up, and so is what the robot read of them:
[held_items.yaml](../tests/desk/web/held_items.yaml). Your post will differ.

At the desk the median item takes **{desk_interactions} interactions and {desk_strokes} keystrokes**. By hand it takes
**{hand_interactions} interactions and {hand_strokes} keystrokes** with the mouse, {factor} times as many interactions
({keys_interactions} and {keys_strokes} with keys alone). All twenty take {desk_total} interactions at the desk and
{hand_total} by hand with the mouse: {total_factor} times as many.

![For each item two bars: interactions at the desk, and by hand with the mouse](pictures/keying.svg)

An interaction is a key, a combination of keys, a click or a typed value, however long. A keystroke is every single
key or click. In each column the first figure is interactions, the second keystrokes.

{table}

The desk takes more than the hand for {worse}.
That is post with nothing to key, which by hand is opened and filed. The desk asks for the reason besides, or for the
reference under which a colleague keyed it.

## What counts

At the desk: everything from the item on the page to the next one; the key that opens the first item counts with that
item.

By hand: opening the next mail (1), opening an attachment that must be read (1), choosing the form in the menu,
filling its two pages box by box, sending, confirming, going back to the menu, and filing the mail (1). A date is
three boxes, because the form has three. Lists are chosen by their first letters, and a page is sent by the Enter key
where the form allows it.

Left out in favour of the hand:

- signing in, switching between mailbox and back office, mistakes and putting them right, looking the record up after;
- "Your reference", the postcode and the ward, which the robot keys and a person may leave empty;
- writing the new record's number down, and saying why post was filed without being keyed;
- the second place of complaints and information requests, a row in a register, which the desk's decision fills as well;
- post that no person sees at the desk at all: by hand every piece is keyed, here only held ones are counted.

Left out on both sides: reading and thinking. By hand all of the post is read; at the desk, the values in doubt and
the words beside each, for which nothing is opened.

## What else it might take

Values may be copied out of the mail instead of typed. If each value could be copied in three keystrokes (mark, copy,
put in), however long it is, and also a date that the mail writes otherwise, the median by hand with the mouse would
be {copied} keystrokes, at the price of more interactions.

An estimate, not a measurement: the keystroke-level model of Card, Moran and Newell (1983) gives 0.2 seconds to a key
of an average skilled typist, and 2.1 seconds to a click with the way to the mouse and back. Without any time to read
or think, the twenty items take {desk_minutes} minutes at the desk, {keys_minutes} by hand with keys alone and
{mouse_minutes} by hand with the mouse. What an item costs in your council, only your council can measure; see
`baseline` in [Adding a process](adding-a-process.md).

## Run it

    make measure-keying

takes a few minutes, prints the table, and writes this page. The tests key some of the items anew, and clear all of
them at the desk, and fail where their counts are not those of this page.
"""


@dataclass(frozen=True)
class Row:
    """Interactions and keystrokes of one item, each way."""

    desk: tuple[int, int]
    keys: tuple[int, int]
    mouse: tuple[int, int]


Counts = Mapping[str, Mapping[str, "Count"]]
"""What was counted, by way and item."""

Line = tuple[str, list[tuple[str, str]]]
"""What a line is about, and its interactions and keystrokes each way."""


def rows(counts: Counts) -> list[Line]:
    """Return the table's line of each item."""
    taken = [[counts[way][name] for way in WAYS] for name in counts["mouse"]]
    figures = [[(str(one.interactions), str(one.keystrokes)) for one in ways] for ways in taken]
    return list(zip(counts["mouse"], figures, strict=True))


def sums(counts: Counts) -> list[Line]:
    """Return the table's last lines: the median and the sum."""
    both = [(_interactions(counts, way), _keystrokes(counts, way)) for way in WAYS]
    return [
        ("median", [(f"{median(chords):g}", f"{median(strokes):g}") for chords, strokes in both]),
        ("all twenty", [(str(sum(chords)), str(sum(strokes))) for chords, strokes in both]),
    ]


def _interactions(counts: Counts, way: str) -> list[int]:
    return [one.interactions for one in counts[way].values()]


def _keystrokes(counts: Counts, way: str) -> list[int]:
    return [one.keystrokes for one in counts[way].values()]


def page(counts: Counts) -> str:
    """Return the whole page as Markdown."""
    desk, hand = _interactions(counts, "desk"), _interactions(counts, "mouse")
    worse = [name for name, one in counts["mouse"].items() if counts["desk"][name].interactions > one.interactions]
    return PAGE_TEXT.format(
        desk_interactions=f"{median(desk):g}",
        desk_strokes=f"{median(_keystrokes(counts, 'desk')):g}",
        hand_interactions=f"{median(hand):g}",
        keys_interactions=f"{median(_interactions(counts, 'keys')):g}",
        keys_strokes=f"{median(_keystrokes(counts, 'keys')):g}",
        hand_strokes=f"{median(_keystrokes(counts, 'mouse')):g}",
        factor=f"{median(hand) / median(desk):.1f}",
        desk_total=sum(desk),
        hand_total=sum(hand),
        total_factor=f"{sum(hand) / sum(desk):.1f}",
        table=_table(counts),
        worse=", ".join(f"`{name}`" for name in worse),
        copied=f"{median(one.copied for one in counts['mouse'].values()):g}",
        **{f"{way}_minutes": f"{_seconds(counts[way]) / 60:.1f}" for way in WAYS},
    )


def _table(counts: Counts) -> str:
    lines = ["| item | desk | | by hand, keys | | by hand, mouse | |", f"|---|{'--:|' * 6}"]
    for name, figures in rows(counts):
        lines.append(f"| `{name}` | {' | '.join(figure for pair in figures for figure in pair)} |")
    for name, figures in sums(counts):
        lines.append(f"| **{name}** | {' | '.join(f'**{figure}**' for pair in figures for figure in pair)} |")
    return "\n".join(lines)


def _seconds(taken: Mapping[str, Count]) -> float:
    return sum(_KEY * (one.keystrokes - one.clicks) + _CLICK * one.clicks for one in taken.values())


def documented() -> dict[str, Row]:
    """Return what docs/keying.md says, by item."""
    rows = {}
    for name, figures in _ROW.findall(PAGE.read_text(encoding="utf-8")):
        desk, desk_strokes, keys, keys_strokes, mouse, mouse_strokes = map(int, figures.split("|"))
        rows[name] = Row((desk, desk_strokes), (keys, keys_strokes), (mouse, mouse_strokes))
    return rows


def picture(counts: Counts) -> str:
    """Return the two bars of each item as SVG."""
    scale, step, left = 18, 30, 190
    names = list(counts["mouse"])
    height = 40 + step * len(names)
    bars = []
    for place, name in enumerate(names):
        top = 36 + step * place
        bars.append(f'<text class="name" x="{left - 8}" y="{top + 15}">{escape(name)}</text>')
        for line, way in enumerate(("desk", "mouse")):
            taken = counts[way][name].interactions
            at = f'x="{left}" y="{top + 11 * line}" width="{taken * scale}" height="10"'
            said = f'<text x="{left + taken * scale + 5}" y="{top + 9 + 11 * line}">{taken}</text>'
            bars.append(f'<rect class="{way}" {at}/>{said}')
    return _FRAME.format(height=height, left=left, legend=left + 110, bars="\n  ".join(bars))


_FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" role="img"
  aria-labelledby="title description">
  <title id="title">Interactions for each of twenty items, at the desk and by hand with the mouse</title>
  <desc id="description">The figures are those of the table on the page docs/keying.md.</desc>
  <style>
    text {{ font: 11px "Liberation Sans", Arial, sans-serif; fill: #17212b; }}
    .name {{ text-anchor: end; font-size: 13px; }}
    .desk {{ fill: #1d5c96; }} .mouse {{ fill: #b97a10; }}
    @media (prefers-color-scheme: dark) {{
      text {{ fill: #e8edf2; }} .desk {{ fill: #7db7ec; }} .mouse {{ fill: #e0a94a; }}
    }}
  </style>
  <rect class="desk" x="{left}" y="10" width="12" height="12"/><text x="{left}" y="20" dx="17">at the desk</text>
  <rect class="mouse" x="{legend}" y="10" width="12" height="12"/><text x="{legend}" y="20" dx="17">by hand</text>
  {bars}
</svg>
"""
