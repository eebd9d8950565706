"""The little language in which configuration names words to look for, and the folding that makes texts comparable.

Words stand beside each other as written; `...` allows up to six other words of the same sentence between;
`bin|caddy` is either word; `collect*` is every word that begins so. Case, accents, apostrophes and other punctuation
do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

SENTENCE_END = "¶"
_CONTRACTIONS = {
    "i'm": "i am", "i've": "i have", "i'll": "i will", "we're": "we are", "we've": "we have", "we'll": "we will",
    "you're": "you are", "you've": "you have", "they've": "they have", "they're": "they are", "it's": "it is",
    "that's": "that is", "there's": "there is",
}  # fmt: skip
"""Written out, so that one phrase finds both; without the apostrophe most of them are other words."""
_SHORTENED = re.compile(rf"\b(?:{'|'.join(_CONTRACTIONS)})\b")
_BARE = {"im": "i am", "ive": "i have", "weve": "we have", "youve": "you have", "theyve": "they have"}
"""Those that are no other word, as people type them who leave apostrophes out."""
_GAP = rf" (?:[^ {SENTENCE_END}]+ ){{0,6}}"


def fold(text: str) -> str:
    """Return the text in lower case, words with one space between and around, the ends of sentences marked."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    plain = re.sub(r"(?<=\w)['’‘`´](?=\w)", "'", plain)
    plain = _SHORTENED.sub(lambda match: _CONTRACTIONS[match[0]], plain).replace("'", "")
    plain = re.sub(rf"\b(?:{'|'.join(_BARE)})\b", lambda match: _BARE[match[0]], plain)
    marked = re.sub(r"[.!?]+(?=\s|$)", f" {SENTENCE_END} ", plain)
    return f" {' '.join(re.sub(rf'[^a-z0-9{SENTENCE_END}]+', ' ', marked).split())} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the configuration, ready to be looked for."""

    written: str
    """As it stands in the configuration."""
    pattern: re.Pattern[str]
    words: int

    @property
    def telling(self) -> float:
        """How much finding it says: a single common word less than a whole phrase."""
        return {1: 0.6, 2: 1.0}.get(self.words, 1.3)

    @staticmethod
    def places(match: re.Match[str]) -> set[int]:
        """Return where the phrase's own words stand, without the words that a gap let through."""
        return {place for group in range(1, match.re.groups + 1) for place in range(*match.span(group))}

    def as_said(self, folded: str) -> str:
        """Return the phrase's own words as they stand in a folded text, without those of its gaps; else as written."""
        match = self.pattern.search(folded)
        return " … ".join(match.groups()) if match else self.written

    def opens(self, folded: str) -> bool:
        """Say whether a folded text begins with the phrase."""
        return self.pattern.match(folded, 1) is not None

    def stands_in(self, folded: str) -> bool:
        """Say whether the phrase stands in a folded text."""
        return self.pattern.search(folded) is not None


@lru_cache(maxsize=4096)
def phrase(written: str) -> Phrase:
    """Compile a phrase as configuration writes it."""
    pieces = [_sequence(piece) for piece in re.split(r"\s*(?:\.\.\.|…)\s*", written.strip())]
    words = len(written.replace("...", " ").replace("…", " ").split())
    return Phrase(written, re.compile(f"(?<= ){_GAP.join(pieces)}(?= )"), words)


def found(written: Iterable[str], folded: str) -> list[Phrase]:
    """Return the phrases that stand in a folded text, in the order of the configuration."""
    return [each for each in map(phrase, written) if each.stands_in(folded)]


def _sequence(piece: str) -> str:
    # A group for each piece: its place is where the phrase really stands, without the words between.
    return f"({' '.join(_word(word) for word in piece.split())})"


def _word(word: str) -> str:
    choices = [_choice(choice) for choice in word.split("|")]
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _choice(word: str) -> str:
    stem = re.escape(fold(word.removesuffix("*")).strip())
    return f"{stem}[a-z0-9]*" if word.endswith("*") else stem
