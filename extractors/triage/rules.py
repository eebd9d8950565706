"""What a council may change about triage apart from its processes; read from configuration by others."""

from __future__ import annotations

from pydantic import Field

from postroom.process import Model


class KindRules(Model):
    """How one kind of post without a process is known."""

    phrases: tuple[str, ...] = Field((), description="Words that speak for it.")
    strong: tuple[str, ...] = Field((), description="Words that speak for it so clearly that they count double.")
    against: tuple[str, ...] = Field((), description="Words that speak against it.")
    harmless: tuple[str, ...] = Field((), description="Words taken out of the text before the others are looked for.")
    subjects: tuple[str, ...] = Field((), description="How the subject line begins.")
    examples: tuple[str, ...] = Field((), description="Short letters, made up, as people or machines write them.")


class ProtectedRule(Model):
    """One kind of post that only named people may see and that is never delivered straight through."""

    reason: str = Field(description="Why it is protected, as officers read it.")
    phrases: tuple[str, ...] = Field(description="Words of which any one is enough.")
    against: tuple[str, ...] = Field((), description="Harmless uses of the same words, taken out of the text first.")
    senders: tuple[str, ...] = Field((), description="Ends of sender addresses, such as `@parliament.uk`.")


class TriageRules(Model):
    """Post that needs no action, post that belongs nowhere, and post that must be protected."""

    auto_reply: KindRules = Field(KindRules(), description="Automatic replies.")
    bounce: KindRules = Field(KindRules(), description="Mail that could not be delivered.")
    spam: KindRules = Field(KindRules(), description="Junk and fraud.")
    thanks: KindRules = Field(KindRules(), description="Thanks that ask for nothing.")
    other: KindRules = Field(KindRules(), description="Post for the council that belongs to no configured process.")
    cover: tuple[str, ...] = Field((), description="Words of a mail that only brings its attachments.")
    also: tuple[str, ...] = Field((), description="Words with which people turn to another matter.")
    protected: tuple[ProtectedRule, ...] = Field((), description="The protected lane.")
