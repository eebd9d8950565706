"""Names of people: found by title, by an introduction such as "my name is", or taken whole where a name must stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from extractors.values.found import Found
from postroom.normal import TITLES

_LETTER = r"[^\W\d_]"
_TITLE = (
    r"(?:Lt\.? ?Col|Mr|Mrs|Ms|Miss|Mx|Dr|Prof(?:essor)?|Rev(?:d|erend)?|Sir|Lady|Lord|Dame|Cllr|Councillor|"
    r"Capt(?:ain)?|Major|Maj|Col|Fr|Canon|MR|MRS|MS|MISS|MX|DR|REV|PROF)\.?(?: \(?(?:Ret'?d|Retired)\.?\)?)?"
)
_TOKEN = rf"(?:(?:[Oo]['’]|[Mm]a?c|[Dd]['’])?{_LETTER}{_LETTER}*(?:['’-]{_LETTER}+)*\.?)"
_CAPITAL = rf"(?:(?:(?![a-zà-ÿ])|(?=[a-z]['’]))(?![a-z]{{2}}){_TOKEN})"
_PARTICLES = (
    "van",
    "der",
    "den",
    "de",
    "da",
    "di",
    "du",
    "del",
    "la",
    "le",
    "von",
    "bin",
    "ibn",
    "al",
    "el",
    "ap",
    "ab",
    "ferch",
    "ten",
    "ter",
    "dos",
    "st",
)
_PARTICLE = "(?:" + "|".join(_PARTICLES) + r")\.?"
_NAME = rf"{_CAPITAL}(?: (?:{_PARTICLE} )*{_CAPITAL}){{0,4}}"
_TITLED = re.compile(
    rf"(?<!\w)(?P<all>{_TITLE}(?: ?(?:&|and|\+) ?{_TITLE})? (?:(?!and |or |of |on |in |at |from |to |is |"
    rf"was )(?:{_PARTICLE} )*{_TOKEN})(?: (?:{_PARTICLE} )*{_CAPITAL}){{0,4}}"
    rf"(?: (?:&|and|\+) {_TITLE} {_NAME})?)",
)
_COUNTED = re.compile(r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-[a-z]+)?", re.IGNORECASE)
"""How old people say they are: "I am eighty-two"."""
_INTRODUCED = re.compile(
    rf"(?<!\w)(?:my (?:full )?name(?: is|'s|:)|my names|name(?:d| is|:)|i am|i'm|this is|regards from|"
    rf"signed(?: by)?|fy enw i yw) (?P<name>(?-i:{_NAME})|{_TOKEN}(?: {_TOKEN}){{1,3}})",
    re.IGNORECASE,
)


def find_names(text: str) -> Iterator[Found]:
    """Find names that a title or an introduction gives away."""
    for found in _TITLED.finditer(text):
        name = _trim(found["all"])
        if len(name.split()) > 1 and looks_like_name(name):
            start = found.start()
            yield Found(name, start, start + len(name), 0.6 + 0.1 * (len(_bare(name)) > 1), "title")
    for found in _INTRODUCED.finditer(text):
        name = _trim(found["name"])
        if looks_like_name(name) and len(name.split()) > 1:
            yield Found(name, found.start("name"), found.start("name") + len(name), 0.8, "introduction")


def name_at_start(text: str) -> Found | None:
    """Return the name that a text begins with, where a label says that a name must stand there."""
    # The point of a short title ends no sentence.
    protected = re.sub(r"(?i)\b(Maj|Rev|Revd|Prof|Capt|Mrs|Cllr)\.", r"\1 ", text)
    text_end = re.split(r"[\t\n;|]|(?<=\w{3})[.,:](?=\s|$)| [-–—] |\s\((?!Ret)|\s{3,}", protected, maxsplit=1)[0]
    tokens = list(re.finditer(r"\S+", text_end))[:9]
    kept: list[re.Match[str]] = []
    for token in tokens:
        word = token[0].strip(".,&()'’\"").casefold()
        if not _word_of_name(token[0]) and word not in TITLES and token[0] not in ("&", "+") and word != "and":
            break
        if _never_a_name(token[0]) or (
            kept and word in TITLES and kept[-1][0].casefold() not in ("&", "and", "+", "lt")
        ):
            break
        kept.append(token)
    while kept and (kept[-1][0].casefold() in ("&", "+", "and") or _letters_after_name(kept)):
        kept.pop()
    if not kept:
        return None
    name = text[kept[0].start() : kept[-1].end()].strip(" ,;:")
    if not looks_like_name(name):
        return None
    whole = len(kept) == len(list(re.finditer(r"\S+", text_end)))
    score = (0.75 if whole else 0.5) + (0.1 if len(_bare(name)) > 1 else -0.2)
    return Found(name, kept[0].start(), kept[0].start() + len(name), score, "name")


def looks_like_name(text: str) -> bool:
    """Tell whether a whole text can be one person's name, or a couple's."""
    words = text.replace("&", " ").replace("+", " ").split()
    bare = _bare(text)
    if not bare or len(words) > 9 or len(text) > 60 or sum(len(word) > 1 for word in bare) == 0:
        return False
    if any(not _word_of_name(word) and not re.fullmatch(r"\(?Ret'?d\)?\.?", word) for word in words):
        return False
    return not any(_never_a_name(word) for word in bare)


def unglued(name: str) -> str:
    """Part the words of a name that a reader ran together: `DoreenSelmes`, `&Mrs TLuckhurst`."""
    words = []
    for word in re.sub(r"&(?=\S)", "& ", name).split():
        initial = re.fullmatch(r"([A-Z])([A-Z][a-z]{2,})", word)
        two = re.fullmatch(
            r"(?!(?:Mc|Mac|De|Le|La|Van|Von|Fitz|Di|Du|Da|St)[A-Z])([A-Z][a-z]{2,})([A-Z][a-z]{2,})", word
        )
        words += list((initial or two or re.match("(.*)", word)).groups())  # type: ignore[union-attr]
    return " ".join(words)


def fullness(name: str) -> int:
    """Tell how much of a name is written out: letters of words that are not initials, titles left out."""
    return sum(len(word.strip(".")) for word in _bare(name) if len(word.strip(".")) > 1)


def compatible(one: str, other: str) -> bool:
    """Tell whether two writings may be the same person's: surname alike, forenames alike or initials of each other."""
    first, second = (
        [word.strip(".").casefold() for word in _bare(one)],
        [word.strip(".").casefold() for word in _bare(other)],
    )
    if not first or not second:
        return False
    if len(first) == 1 or len(second) == 1:
        return first[-1] in second or second[-1] in first
    if first[-1] != second[-1]:
        return False
    return first[0].startswith(second[0]) or second[0].startswith(first[0])


def joined(title: str, forenames: str, surname: str) -> str:
    """Join the parts of a name that a form asks for apart."""
    return " ".join(part for part in (title, forenames, surname) if part)


def _letters_after_name(tokens: list[re.Match[str]]) -> bool:
    """Tell whether the last word is letters after a name, such as OBE: capitals where the rest has small letters."""
    last = tokens[-1][0].strip(".,")
    written_out = sum(not token[0].isupper() and len(token[0]) > 2 for token in tokens[:-1])
    return written_out >= 2 and len(last) > 1 and last.isupper() and last.isalpha()


def _bare(name: str) -> list[str]:
    words = re.sub(r"\(?\bRet'?d\b\.?\)?", "", name).replace("&", " ").split()
    return [word for word in words if word.strip(".").casefold() not in TITLES]


@cache
def _not_names() -> frozenset[str]:
    """Return the words that no name on a form or under a letter has."""
    return frozenset(files("extractors.values").joinpath("not_names.txt").read_text(encoding="utf-8").split())


def _never_a_name(word: str) -> bool:
    plain = word.strip(".,'’()&\"")
    initial = len(plain) == 1 and plain.isupper()
    if _COUNTED.fullmatch(plain):
        return True
    return not initial and plain.casefold() in _not_names() and plain.casefold() != "and"


def _word_of_name(word: str) -> bool:
    return bool(re.fullmatch(rf"\(?{_TOKEN}\)?,?|[&+]", word)) or word.casefold().strip(".") in _PARTICLES


def _trim(name: str) -> str:
    words = name.split()
    while len(words) > 1 and _never_a_name(words[-1]):
        words.pop()
    for place, word in enumerate(words):
        # "I am John Smith and I live here" goes on with another sentence, not with a spouse.
        goes_on = word.casefold() in ("and", "&") and words[place + 1 :][:1] in (["I"], ["i"], ["we"], ["my"])
        if place and (_never_a_name(word) or goes_on):
            words = words[:place]
            break
        # A full stop after a whole word ends a sentence; after an initial it does not.
        if word.endswith(".") and len(word) > 4 and word.strip(".").casefold() not in TITLES:
            words = words[: place + 1]
            break
    return " ".join(words).rstrip(",;:").removesuffix(".") if len(words[-1]) > 3 else " ".join(words).rstrip(",;:")
