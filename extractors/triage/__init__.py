"""Triage: which process a piece of post belongs to, or that it needs no action."""
