"""Judging: which process a part belongs to, from the evidence in it and from what the examples taught."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.triage.evidence import Evidence, Witness, witnesses
from extractors.triage.learned import ExampleModel, learn
from extractors.triage.parts import Part, Row
from extractors.triage.phrases import fold, found
from extractors.triage.rules import TriageRules
from postroom.disposition import OTHER
from postroom.process import Process

SPAM = "spam"
EVIDENCE_WEIGHT = 1.2
LEARNED_WEIGHT = 1.4
OTHER_START = 0.25
"""What speaks for "no process" before anything is read: doubt goes to a person."""
QUOTED_WEIGHT = 0.45
FEW_WORDS = 25
"""An answer this short is understood from the mail it answers."""
_LEAST_LIKELY = 0.004
_SURE = 0.4
"""Below this the post is nobody's; a guess little above it keeps its low confidence and so goes to a person too."""
_SURE_BY_LIKENESS = 0.6
"""The same where next to no configured word was found and only the likeness to the examples speaks."""
_SAYS_SOMETHING = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """How likely each process is for a part, and why."""

    chances: Mapping[str, float]
    evidence: Mapping[str, Evidence]

    @property
    def guess(self) -> str:
        """The likeliest process, or `other`."""
        return max(self.chances, key=lambda name: (self.chances[name], name))

    @property
    def process(self) -> str:
        """The likeliest process if it is sure enough, else `other`."""
        least = _SURE if self.score >= _SAYS_SOMETHING else _SURE_BY_LIKENESS
        return self.guess if self.chances[self.guess] >= least else OTHER

    @property
    def confidence(self) -> float:
        """How likely `process` is right; for doubt, how sure it is that a person must decide."""
        if self.process == self.guess:
            return self.chances[self.guess]
        return max(1 - self.chances[self.guess], 0.5)

    @property
    def score(self) -> float:
        """The evidence for `guess`, apart from what was learned."""
        return self.evidence[self.guess].score if self.guess in self.evidence else 0.0

    @property
    def stands_alone(self) -> bool:
        """Say whether the part is a form or letter of its process by its own face."""
        return self.process in self.evidence and self.evidence[self.process].stands_alone

    def reasons(self) -> tuple[str, ...]:
        """Return what decided, in words."""
        if self.process in self.evidence:
            said = self.evidence[self.process].reasons
            return said or ("it reads like the examples of this process",)
        ranked = sorted(((c, n) for n, c in self.chances.items() if n != OTHER and c > 0.1), reverse=True)
        if not ranked:
            return ("it belongs to no configured process",)
        guesses = ", ".join(f"{name} ({chance:.0%})" for chance, name in ranked[:3])
        return (f"no process is sure enough; the best guesses are {guesses}",)


class Judge:
    """Knows every process, and weighs parts of post."""

    def __init__(self, processes: Sequence[Process], rules: TriageRules) -> None:
        self.processes = {process.id: process for process in processes}
        self._rules = rules
        self._witnesses = witnesses(processes)
        self._model = _learn(self._witnesses, rules)

    def weigh(self, part: Part, *, before: str = "", quoted: Part | None = None) -> Verdict:
        """Weigh a part.

        Args:
            part: What is to be judged.
            before: A line that introduces it, such as the subject.
            quoted: The earlier mail it answers; counts less, more if the part itself says little.
        """
        whole = _with(part, before)
        evidence = self.testimony(whole)
        learned_from = whole.text
        if quoted is not None and quoted.rows:
            earlier = self.testimony(quoted)
            weight = QUOTED_WEIGHT if part.words > FEW_WORDS else 2 * QUOTED_WEIGHT
            evidence = {name: _add(each, earlier[name], weight) for name, each in evidence.items()}
            learned_from += f"\n{quoted.text}" if part.words <= FEW_WORDS else ""
        return Verdict(self._chances(evidence, fold(whole.text), learned_from), evidence)

    def testimony(self, part: Part) -> dict[str, Evidence]:
        """Return the evidence for each process."""
        folded = part.folded
        return {witness.process.id: witness.testify(part, folded) for witness in self._witnesses}

    def likeness(self, text: str) -> Mapping[str, float]:
        """Return how much a text resembles the examples of each process, of other post and of spam."""
        return self._model.likelihoods(text)

    def _chances(self, evidence: Mapping[str, Evidence], folded: str, text: str) -> dict[str, float]:
        likely = self._model.likelihoods(text)
        unnamed = OTHER_START + sum(each.telling for each in found(self._rules.other.phrases, folded)[:3])
        scores = {name: each.score for name, each in evidence.items()} | {OTHER: unnamed}
        # A process without examples is neither likely nor unlikely by them.
        unlearned = 1 / len(scores)
        logits = {
            name: EVIDENCE_WEIGHT * score + LEARNED_WEIGHT * math.log(max(likely.get(name, unlearned), _LEAST_LIKELY))
            for name, score in scores.items()
        }
        highest = max(logits.values())
        raised = {name: math.exp(logit - highest) for name, logit in logits.items()}
        total = sum(raised.values())
        return {name: value / total for name, value in raised.items()}


def _learn(known: Sequence[Witness], rules: TriageRules) -> ExampleModel:
    """Learn from all examples; one of `other` that a configured process now claims by its phrases is left out."""
    examples = {witness.process.id: witness.process.recognise.examples for witness in known}
    unclaimed = [text for text in rules.other.examples if not any(_claims(witness, text) for witness in known)]
    return learn(
        {name: texts for name, texts in examples.items() if texts} | {OTHER: unclaimed, SPAM: rules.spam.examples}
    )


def _claims(witness: Witness, text: str) -> bool:
    recognise = witness.process.recognise
    folded = fold(text)
    return not found(recognise.against, folded) and sum(p.telling for p in found(recognise.phrases, folded)) >= 2


def _with(part: Part, before: str) -> Part:
    return replace(part, rows=(Row("", 0, 0, f"{before}."), *part.rows)) if before else part


def _add(here: Evidence, earlier: Evidence, weight: float) -> Evidence:
    return replace(
        here,
        score=here.score + weight * max(earlier.score, 0.0),
        reasons=here.reasons or tuple(f"in the earlier mail {reason}" for reason in earlier.reasons),
    )
