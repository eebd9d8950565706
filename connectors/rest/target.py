"""A REST API as a target: find by our key, create once, read back."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as quote_path

from connectors.quoting import quote
from connectors.rest.json_path import Missing, read_at, read_or_none, write_at
from connectors.rest.settings import RestSettings
from connectors.shapes import Written
from connectors.templates import fill_in
from postroom.delivery import Capabilities, Delivery, Receipt
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from connectors.rest.client import Answer, Client

_WRONG_PLACE = (404, 405, 406, 410, 415)


class RestTarget:
    """Keys records through a REST API that its settings describe."""

    def __init__(self, settings: RestSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self.capabilities = Capabilities(
            settings.target_class,
            settings.settle_seconds,
            settings.concurrency,
            tuple(name for name, mapped in settings.fields.items() if not mapped.write_only),
        )
        self._client: Client | None = None
        self._opening = threading.Lock()

    def find(self, key: str) -> Receipt | None:
        """Look a delivery up by its key; None only if the answer says that there is none."""
        find = self._settings.find
        if find is None:
            raise RefusedByTarget(self._says("cannot be searched"), hint="A person looks it up.")
        answer = self._look(find.path, find.query, {"key": key})
        if answer.status in find.absent:
            return None
        records = self._records(answer)
        matching = [record for record in records if str(read_or_none(record, find.key)) == key]
        if len(matching) > 1:
            hint = "Compare them, keep one, and say in the queue which."
            raise RefusedByTarget(self._says(f"holds {len(matching)} records with the key {key}"), hint=hint)
        return self._receipt(matching[0], find.reference) if matching else None

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send the record once, with its key in it."""
        from connectors.rest.client import Call

        create, key = self._settings.create, self._settings.key
        body, sent = self._body(delivery)
        call = Call(
            create.method,
            fill_in(create.path, {"key": quote_path(delivery.key, safe="")}),
            {key.query: delivery.key} if key.query else {},
            {key.header: delivery.key} if key.header else {},
            body,
            self._parts(delivery, body),
            writes=True,
        )
        answer = self._open().send(call)
        if answer.status in create.success:
            return self._made(answer)
        return self._not_made(answer, delivery, sent)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the system holds, by field name, in normal form."""
        read = self._settings.read
        answer = self._look(read.path, read.query, {"reference": receipt.reference})
        if answer.status in _WRONG_PLACE:
            raise TransientError(
                self._says(f"does not give the record back ({answer.status})"), hint="Check read.path."
            )
        record = self._at(answer, read.record)
        return {
            name: self._settings.fields[name].normal(
                read_or_none(record, self._settings.fields[name].read_path or self._settings.fields[name].path)
            )
            for name in self.capabilities.reads_back or ()
        }

    def check(self) -> list[str]:
        """Sign in and search for a key that cannot be there."""
        if self._settings.find is None:
            return [f"{self._settings.base_url} cannot be searched, so nothing was tried."]
        self.find("PR-CHECK")
        return [f"{self._settings.base_url} signed us in and answered a search."]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _open(self) -> Client:
        from connectors.rest.client import Client

        with self._opening:
            if self._client is None:
                self._client = Client(self._settings)
            return self._client

    def _look(self, path: str, query: Mapping[str, str], values: Mapping[str, str]) -> Answer:
        from connectors.rest.client import Call

        in_path = {name: quote_path(value, safe="") for name, value in values.items()}
        filled = {name: fill_in(template, values) for name, template in query.items()}
        return self._open().send(Call("GET", fill_in(path, in_path), filled))

    def _body(self, delivery: Delivery) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the body, and every value in it as it was written, by field."""
        body: dict[str, Any] = {}
        sent: dict[str, str] = {}
        for path, constant in self._settings.create.constants.items():
            write_at(body, path, constant)
        for path, template in self._settings.create.composed.items():
            write_at(body, path, self._composed(path, template, delivery.fields))
        for name, mapped in self._settings.fields.items():
            if delivery.fields.get(name, ""):
                written = self._written(name, delivery.fields[name])
                write_at(body, mapped.path, written)
                sent[name] = str(written)
        if self._settings.key.path:
            write_at(body, self._settings.key.path, delivery.key)
        self._enclose(body, delivery)
        return body, sent

    def _written(self, name: str, value: str) -> Written:
        try:
            return self._settings.fields[name].written(value)
        except ValueError as error:
            raise RefusedByTarget(self._says(f"cannot take {name}: {error}"), hint="Correct the field.") from None

    def _composed(self, path: str, template: str, values: Mapping[str, str]) -> str:
        try:
            return fill_in(template, values)
        except ValueError as error:
            raise RefusedByTarget(self._says(f"cannot take {path}: {error}"), hint="Correct the field.") from None

    def _enclose(self, body: dict[str, Any], delivery: Delivery) -> None:
        enclosed = self._settings.attachments
        if enclosed is None or enclosed.style != "base64" or not delivery.attachments:
            return
        listed = [
            {
                enclosed.name_key: file.name,
                enclosed.type_key: file.media_type,
                enclosed.content_key: base64.b64encode(file.content).decode(),
            }
            for file in delivery.attachments
        ]
        write_at(body, enclosed.path, listed)

    def _parts(self, delivery: Delivery, body: dict[str, Any]) -> list[tuple[str, tuple[str | None, bytes, str]]]:
        enclosed = self._settings.attachments
        if enclosed is None or enclosed.style != "multipart":
            return []
        record = (enclosed.record_part, (None, json.dumps(body).encode(), "application/json"))
        return [record] + [(enclosed.part, (file.name, file.content, file.media_type)) for file in delivery.attachments]

    def _made(self, answer: Answer) -> Receipt:
        from connectors.rest.client import NotJson

        try:
            return self._receipt(answer.json(), self._settings.create.reference)
        except (NotJson, Missing):
            message = self._says(f"answered {answer.status} without a reference")
            raise DeliveryUncertain(message, hint="It is looked up before anything else.") from None

    def _not_made(self, answer: Answer, delivery: Delivery, sent: Mapping[str, str]) -> Receipt:
        create = self._settings.create
        if answer.status in create.conflict and self._settings.find:
            # The key is taken: by an earlier attempt of ours, whose record the read-back then proves or disproves.
            found = self.find(delivery.key)
            if found:
                return found
        if answer.status in (*create.refused, *create.conflict):
            message = f"refused the record ({answer.status}){self._complaints(answer, sent, delivery)}"
            raise RefusedByTarget(self._says(message), hint="Correct the field, or key it by hand.")
        if answer.status in _WRONG_PLACE:
            message = self._says(f"takes no records at create.path ({answer.status})")
            raise ConnectorDown(message, hint="Correct the path or method in its description.")
        message = self._says(f"was sent a record and answered {answer.status}")
        raise DeliveryUncertain(message, hint="It is looked up before anything else.")

    def _complaints(self, answer: Answer, sent: Mapping[str, str], delivery: Delivery) -> str:
        from connectors.rest.client import NotJson

        try:
            content = answer.json()
        except NotJson:
            return "."
        create, values = self._settings.create, [*sent.values(), *delivery.fields.values()]
        listed = read_or_none(content, create.errors) if create.errors else None
        if isinstance(listed, list) and listed:
            return ": " + "; ".join(self._complaint(entry, values) for entry in listed[:10]) + "."
        message = read_or_none(content, create.message)
        return f": {quote(message, values)}" if isinstance(message, str) and message else "."

    def _complaint(self, entry: Any, values: list[str]) -> str:
        create = self._settings.create
        place = str(read_or_none(entry, create.error_field) or "")
        named = next((name for name, mapped in self._settings.fields.items() if mapped.path == place), place)
        message = quote(str(read_or_none(entry, create.error_message) or "not accepted"), values)
        return f"{named} ({message})" if named else message

    def _records(self, answer: Answer) -> list[Any]:
        find = self._settings.find
        content = self._at(answer, find.records if find else "")
        if find and not find.records:
            return content if isinstance(content, list) else [content]
        if not isinstance(content, list):
            raise ConnectorDown(self._says("did not give a list of records"), hint="Correct find.records.")
        return content

    def _at(self, answer: Answer, path: str) -> Any:
        """Return a place in the answer to a look; anything unexpected is a failed look, never "absent"."""
        from connectors.rest.client import NotJson

        try:
            if answer.status >= 400:
                raise NotJson
            return read_at(answer.json(), path)
        except (NotJson, Missing):
            message = self._says(f"gave an unexpected answer to a look ({answer.status})")
            raise TransientError(message, hint="If this goes on, correct its description.") from None

    def _receipt(self, record: Any, path: str) -> Receipt:
        reference = read_at(record, path)
        if isinstance(reference, (dict, list, bool)) or reference in (None, ""):
            raise Missing(path)
        shown = fill_in(self._settings.record_url, {"reference": str(reference)})
        location = self._settings.base_url + shown if shown.startswith("/") else shown
        return Receipt(str(reference), location)

    def _says(self, what: str) -> str:
        return f'The target "{self.name}" {what}' + ("" if what.endswith(".") else ".")
