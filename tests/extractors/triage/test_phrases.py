"""The language of phrases."""

from __future__ import annotations

import pytest

from extractors.triage.phrases import fold, phrase


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("bin ... emptied", "My bin has still not been emptied."),
        ("bin|caddy ... missed", "The caddy was missed"),
        ("collect*", "Three collections"),
        ("wasnt", "It wasn’t there"),
        ("direct debit", "Please set up DIRECT-DEBIT"),
        ("chateau", "Château Road"),
    ],
)
def test_a_phrase_is_found_however_it_is_written(written: str, text: str) -> None:
    assert phrase(written).stands_in(fold(text))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("bin ... emptied", "My bin is fine. The hall was emptied."),
        ("bin ... emptied", "bin one two three four five six seven emptied"),
        ("bin", "A combined cabinet"),
        ("missed bin", "missed the bin"),
    ],
)
def test_a_phrase_is_not_found_across_sentences_or_inside_words(written: str, text: str) -> None:
    assert not phrase(written).stands_in(fold(text))


def test_a_phrase_can_be_asked_whether_it_opens_a_subject() -> None:
    assert phrase("automatic reply").opens(fold("Automatic reply: hello"))
    assert not phrase("automatic reply").opens(fold("RE: Automatic reply: hello"))
