"""A letter that a target sends: templates for whom, about what and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field

from connectors.templates import Template, fill_in
from postroom.process import Model


class Filled(NamedTuple):
    """A letter ready to be sent."""

    to: str
    """One address."""
    subject: str
    body: str


class Letter(Model):
    """The words of a letter; `{field}` stands for a field of the record and `{key}` for our reference."""

    to: Template = Field("{email}", description="Whom it is sent to; one address.")
    subject: Template = Field(description="Its subject.")
    body: Template = Field(description="Its words, plain text.")

    def fill(self, fields: Mapping[str, str], key: str) -> Filled:
        """Return the letter with a record's values.

        Raises:
            ValueError: A value does not suit its place; the message names the field and not the value.
        """
        values = {**fields, "key": key}
        subject = " ".join(fill_in(self.subject, values).split())
        to = fill_in(self.to, values).strip()
        if "@" not in to or any(character in to for character in " ,;<>\r\n"):
            raise ValueError("`to` gives no single address")
        return Filled(to, subject, fill_in(self.body, values))

    @property
    def readable(self) -> dict[str, str]:
        """The fields that can be read back from a letter once sent, each with the part that is the field alone."""
        parts = {"to": self.to, "subject": self.subject, "body": self.body}
        return {template[1:-1]: part for part, template in parts.items() if _is_one_field(template)}


def _is_one_field(template: str) -> bool:
    return template.startswith("{") and template.endswith("}") and template[1:-1].isidentifier() and template != "{key}"
