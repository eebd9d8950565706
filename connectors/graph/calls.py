"""Plain JSON calls of a target: SharePoint and Excel values come as they are.

The SDK reads open types by guessing: text that looks like a date or a GUID becomes one, and is no longer what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.graph.client import Answer, GraphClient
from connectors.graph.errors import NOT_FOUND, GraphRefusal
from connectors.graph.settings import GraphAccount
from postroom.errors import ConnectorDown, DeliveryUncertain, TransientError

_LONGEST_LISTING = 2_000
"""Pages after which a listing is taken to run in circles."""
_OURS = 500
_FULL = 507
BUSY = (409, 412, 423)
"""Statuses that say that somebody else is at it just now."""


class Calls:
    """What one target asks of Graph and sends it."""

    def __init__(self, account: GraphAccount, name: str) -> None:
        self.named = f'Target "{name}"'
        self.client = GraphClient(account, named=self.named)
        self._host = urlsplit(account.graph_address).netloc

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what stands at a path, or at an address of Graph's own.

        Raises:
            GraphRefusal: There is nothing, status 404; the caller knows what that means.
            TransientError: The look failed.
            ConnectorDown: The address is not Graph's.
        """
        # The token goes along, so it goes nowhere else.
        if urlsplit(path).netloc not in ("", self._host):
            raise ConnectorDown(f"{self.named}: Microsoft Graph sent us elsewhere.", hint="Check graph_address.")
        try:
            answer = self.client.raw("GET", path, headers=headers)
        except GraphRefusal as refusal:
            if refusal.status == NOT_FOUND:
                raise
            raise self.failed_look(refusal) from None
        return self.read(answer)

    def find(self, path: str, headers: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Return what stands at a path, None if there is surely nothing."""
        try:
            return self.get(path, headers)
        except GraphRefusal:
            return None

    def pages(self, path: str, headers: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Return the entries of a listing, page by page to its end; an empty page is not the end.

        Raises:
            GraphRefusal: There is nothing to list, status 404.
        """
        for _ in range(_LONGEST_LISTING):
            page = self.get(path, headers)
            if not isinstance(page.get("value"), list):
                raise TransientError(f"{self.named}: Microsoft Graph gave no list.", hint="It is asked again.")
            yield from page["value"]
            path = str(page.get("@odata.nextLink") or "")
            if not path:
                return
        raise TransientError(f"{self.named}: a listing does not end.", hint="It is asked again.")

    def look(self, path: str) -> list[dict[str, Any]]:
        """Return every entry of a listing that was there when the target opened.

        Raises:
            ConnectorDown: It is gone.
        """
        try:
            return list(self.pages(path))
        except GraphRefusal as refusal:
            message = f"{self.named}: what is to be searched is gone ({refusal})."
            raise ConnectorDown(message, hint="Run `postroom check`; somebody moved or deleted it.") from None

    def send(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None, *, writes: bool = True
    ) -> dict[str, Any]:
        """Send a body once and return the answer, an empty one as an empty dictionary.

        Raises:
            GraphRefusal: A clear no that the caller has to understand.
            DeliveryUncertain: A record may have come of it.
        """
        try:
            answer = self.client.raw(method, path, json=body, headers=headers, writes=writes)
        except GraphRefusal as refusal:
            raise self.not_taken(refusal, writes) from None
        try:
            return self.read(answer) if answer.content else {}
        except TransientError:
            if writes:
                raise self.uncertain("its answer cannot be read") from None
            raise

    def not_taken(self, refusal: GraphRefusal, writes: bool = True) -> Exception:
        """Return the error for a refusal of something sent: a clear no as it is, a failure inside Graph as unknown."""
        if refusal.status == _FULL:
            hint = "Make room in the site, or raise its limit."
            return ConnectorDown(f"{self.named}: the site is full ({refusal}).", hint=hint)
        if refusal.status >= _OURS:
            return self.uncertain(f"it answered {refusal}") if writes else self.failed_look(refusal)
        return refusal

    def failed_look(self, refusal: GraphRefusal) -> TransientError:
        """Return the error for a look that Graph refused, which is never taken for "absent"."""
        message = f"{self.named}: Microsoft Graph refused a look ({refusal})."
        return TransientError(message, hint="It is asked again; if this goes on, run `postroom check`.")

    def uncertain(self, why: str) -> DeliveryUncertain:
        """Return the error for a record whose fate is unknown."""
        message = f"{self.named}: a record was sent and Microsoft Graph gave no clear answer ({why})."
        return DeliveryUncertain(message, hint="It is looked up before anything else.")

    def close(self) -> None:
        """Close the connections; safe to repeat."""
        self.client.close()

    def read(self, answer: Answer) -> dict[str, Any]:
        """Return what an answer says.

        Raises:
            TransientError: It is not what Graph says.
        """
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            message = f"{self.named}: an answer of Microsoft Graph cannot be read."
            raise TransientError(message, hint="It is asked again.")
        return found


def segment(value: str) -> str:
    """Return a value as one segment of a path."""
    return quote(value, safe="")


def literal(value: str) -> str:
    """Return a value as a text in a filter, ready for an address."""
    return quote("'" + value.replace("'", "''") + "'", safe="")
