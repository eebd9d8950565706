"""A system's screens as a target: find by our key, key once, read back from the record's page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from connectors.screen.robot import Robot, dismiss, hire
from connectors.screen.settings import ScreenSettings, Step
from connectors.screen.walk import SignedOut, Walk, shown
from postroom.delivery import Attachment, Capabilities, Delivery, Receipt
from postroom.errors import DeliveryUncertain, RefusedByTarget, ScreenChanged, SignInRefused

if TYPE_CHECKING:
    from playwright.sync_api import Page

Result = TypeVar("Result")
_LONDON = ZoneInfo("Europe/London")
_REFERENCES_SHOWN = 50


class ScreenTarget:
    """Keys records through screens that its settings describe."""

    def __init__(self, settings: ScreenSettings) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(settings.target_class, settings.settle_seconds, 1, tuple(settings.fields))
        self._settings = settings
        self._robot: Robot | None = None
        self._opening = threading.Lock()

    def find(self, key: str) -> Receipt | None:
        """Search for a delivery by its key; None only if the screen says that there is none."""
        find = self._settings.find
        if find is None:
            raise RefusedByTarget(self._says("cannot be searched"), hint="A person looks it up.")

        def search(walk: Walk) -> Receipt | None:
            walk.take(find.steps, "find")
            where = "the search's result"
            if walk.see([find.found, find.none], self._settings.step_seconds, where) is find.none:
                return None
            words = walk.find(find.found).all_inner_texts()[:_REFERENCES_SHOWN]
            references = {match.group() for text in words if (match := re.search(find.reference, text))}
            if len(references) > 1:
                hint = "Compare them, keep one, and say in the queue which."
                raise RefusedByTarget(self._says(f"holds {len(references)} records with the key {key}"), hint=hint)
            if not references:
                hint = "Correct find.found and find.reference in its description."
                raise ScreenChanged(self._says("shows a result without a reference"), hint=hint)
            return Receipt(references.pop(), self._settings.address)

        return self._work({"key": key}, search)

    def deliver(self, delivery: Delivery) -> Receipt:
        """Key the record once, with its key in it."""
        received = delivery.received_at.astimezone(_LONDON).date().isoformat()
        values = {"received_date": received, **delivery.fields, "key": delivery.key}
        try:
            return self._work(values, lambda walk: self._keyed(walk, delivery), delivery.attachments)
        except RefusedByTarget:
            # The key may be taken by an earlier attempt of ours, whose record the read-back then proves or disproves.
            earlier = self.find(delivery.key) if self._settings.find else None
            if earlier is None:
                raise
            return earlier

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the record's page shows, by field name, in normal form."""

        def read(walk: Walk) -> dict[str, str]:
            walk.take(self._settings.record, "record")
            held = {}
            for name, field in self._settings.fields.items():
                walk.see([field.place], self._settings.step_seconds, f"fields.{name}")
                held[name] = field.normal(shown(walk.find(field.place)))
            return held

        return self._work({"reference": receipt.reference}, read)

    def check(self) -> list[str]:
        """Start the browser and sign in."""
        return self._work({}, lambda walk: [f"{self._settings.address} signed the robot in."])

    def close(self) -> None:
        """Give the browser back; safe to repeat."""
        with self._opening:
            if self._robot is not None:
                self._robot = None
                dismiss(self._settings)

    def _keyed(self, walk: Walk, delivery: Delivery) -> Receipt:
        try:
            return self._saved(walk, delivery)
        except DeliveryUncertain as fault:
            kept = self._evidence(walk.page, delivery)
            picture = f" A picture is kept as {kept['evidence']}." if kept else ""
            raise DeliveryUncertain(fault.message + picture, hint=fault.hint) from None

    def _saved(self, walk: Walk, delivery: Delivery) -> Receipt:
        settings, success = self._settings, self._settings.success
        walk.take(settings.form, "form")
        walk.see([success.seen], settings.answer_seconds, "success")
        match = re.search(success.reference, walk.page.inner_text("body"))
        if match is None:
            hint = "It is looked up before anything else."
            raise DeliveryUncertain(self._says("showed no reference after saving"), hint=hint)
        return Receipt(match.group(), settings.address, self._evidence(walk.page, delivery))

    def _work(
        self, values: Mapping[str, str], work: Callable[[Walk], Result], attachments: Sequence[Attachment] = ()
    ) -> Result:
        """Sign in where needed and do some work; a session that ends before the commit is begun anew, once."""
        from playwright.sync_api import Error

        robot, settings = self._hired(), self._settings
        secrets = {"username": settings.username, "password": settings.password.get_secret_value()}

        def on_page(page: Page) -> Result:
            walk = Walk(page, settings, values, attachments, secrets)
            try:
                self._sign_in(walk, robot)
                return work(walk)
            except Error as error:
                walk.broken("a look at the page", str(error))

        try:
            return robot.run(settings, on_page)
        except SignedOut:
            robot.forget_sign_in()
        try:
            return robot.run(settings, on_page)
        except SignedOut:
            hint = "Check the robot's account, and signed_in in the description."
            raise SignInRefused(self._says("signs the robot out again and again"), hint=hint) from None

    def _sign_in(self, walk: Walk, robot: Robot) -> None:
        settings = self._settings
        walk.take([Step(open=settings.start)], "start")
        begins = [settings.signed_in, *([settings.signed_out] if settings.signed_out else [])]
        if walk.see(begins, settings.step_seconds, "start") is settings.signed_in:
            return
        try:
            walk.take(settings.sign_in, "sign_in")
            walk.see([settings.signed_in], settings.step_seconds, "sign_in")
        except (RefusedByTarget, SignedOut):
            hint = "Check the robot's user name and password."
            raise SignInRefused(self._says("refused the robot's sign-in"), hint=hint) from None
        robot.remember_sign_in(walk.page)

    def _evidence(self, page: Page, delivery: Delivery) -> dict[str, str]:
        """Keep a picture of the page with everything personal covered."""
        from playwright.sync_api import Error

        folder = self._settings.evidence
        if folder is None:
            return {}
        # The key's letters alone: it names the file.
        name = f"{re.sub(r'[^A-Za-z0-9-]', '', delivery.key)}-{datetime.now(_LONDON):%Y%m%d-%H%M%S}.png"
        covered = [page.locator("input, textarea, select, td, dd")]
        covered += [page.get_by_text(value) for value in delivery.fields.values() if len(value) > 2]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / name, mask=covered, full_page=True)
        except (OSError, Error):
            # The record is saved: a full disk or a dead page must not make its outcome unknown.
            return {}
        return {"evidence": name}

    def _hired(self) -> Robot:
        with self._opening:
            if self._robot is None:
                self._robot = hire(self._settings)
            return self._robot

    def _says(self, what: str) -> str:
        return f'The target "{self.name}" {what}.'
