"""What is learned from the examples in the configuration: which words go with which kind of post."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from extractors.triage.phrases import SENTENCE_END, fold


class ExampleModel:
    """Words and letter groups of the examples, weighed by logistic regression; the same examples, the same weights."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def likelihoods(self, text: str) -> Mapping[str, float]:
        """Return how likely each label is for a text, adding up to 1; nothing where there was nothing to learn."""
        if self._model is None:
            return {}
        values = self._model.predict_proba([_plain(text)])[0]
        return {str(label): float(value) for label, value in zip(self._model.classes_, values, strict=True)}


def learn(examples: Mapping[str, Sequence[str]]) -> ExampleModel:
    """Learn from examples by label; labels without any are left out."""
    pairs = tuple((label, text) for label in sorted(examples) for text in examples[label])
    return _fit(pairs)


@lru_cache(maxsize=8)
def _fit(pairs: tuple[tuple[str, str], ...]) -> ExampleModel:
    if len({label for label, _ in pairs}) < 2:
        return ExampleModel(None)
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, tokenizer=str.split, token_pattern=None, lowercase=False
    )
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LogisticRegression(C=12.0, class_weight="balanced", max_iter=300))
    model.fit([_plain(text) for _, text in pairs], [label for label, _ in pairs])
    return ExampleModel(model)


def _plain(text: str) -> str:
    return re.sub(r"\d", "0", fold(text).replace(SENTENCE_END, " ")).strip()
