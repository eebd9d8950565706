"""Triage: which process a piece of post belongs to, or that it needs no action."""

from extractors.triage.rules import KindRules, ProtectedRule, TriageRules
from extractors.triage.triager import Triager

__all__ = ["KindRules", "ProtectedRule", "TriageRules", "Triager"]
