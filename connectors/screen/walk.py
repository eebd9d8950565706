"""Walking through a system's pages step by step, and saying in our own words where it went wrong.

Playwright's errors quote what was typed, so none of them leaves this module, not even as a cause.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from connectors.quoting import quote
from connectors.screen.places import locate
from connectors.screen.settings import Place, ScreenSettings, Step
from connectors.templates import fill_in
from postroom.delivery import Attachment
from postroom.errors import DeliveryUncertain, RefusedByTarget, ScreenChanged, TransientError

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Locator, Page

_POLL_MS = 40
# A page that says no, or the sign-in page, may be on its way out: it counts once it has stood this long.
_STANDS_SECONDS = 0.4
_GONE = re.compile("has been closed|crash", re.IGNORECASE)
_NO_CONNECTION = re.compile(r"net::ERR_(CONNECTION|NAME|ADDRESS|INTERNET|SSL|CERT|PROXY|TUNNEL|TIMED_OUT|EMPTY|SOCKET)")


class SignedOut(Exception):
    """The system shows its sign-in page where another was expected."""


class NotSeen(Exception):
    """What was expected did not come up in time."""


class Walk:
    """One piece of work on one page."""

    def __init__(
        self,
        page: Page,
        settings: ScreenSettings,
        values: Mapping[str, str],
        attachments: Sequence[Attachment] = (),
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self.page = page
        self.committed = False
        self._settings = settings
        self._values = dict(values)
        self._attachments = attachments
        self._secrets = dict(secrets or {})
        self._dialog = ""
        self._accepts = ""
        page.on("dialog", self._answer)
        for notice in settings.notices:
            self._close_by_itself(notice.seen, notice.press)

    def take(self, steps: Sequence[Step], part: str) -> None:
        """Take the steps in turn.

        Args:
            steps: What to do.
            part: Where they stand in the description, for messages: `form`, `sign_in`.

        Raises:
            SignedOut: The session ended before anything was saved.
            RefusedByTarget: The page says what it does not accept.
            ScreenChanged: The page is not as described.
            TransientError: The system cannot be reached, and nothing was saved.
            DeliveryUncertain: Anything of the kind after the commit.
        """
        for number, step in enumerate(steps, 1):
            if not step.when or fill_in(step.when, self._values):
                self._take(step, f"{part} step {number} ({step.described})")

    def see(self, places: Sequence[Place], seconds: float, where: str) -> Place:
        """Wait until one of some places is seen, and return the first that is.

        Raises:
            As `take`.
        """
        try:
            return self._await(places, seconds)
        except NotSeen:
            self._explain(where, " or ".join(place.described for place in places))

    def find(self, place: Place) -> Locator:
        """Return where a place is on the page now."""
        return locate(self.page, place, self._values)

    def _take(self, step: Step, where: str) -> None:
        from playwright.sync_api import Error

        try:
            value = self._value(step)
            if value is None:
                return
            self._accepts = step.accept_dialog
            self._do(step, value, (step.seconds or self._settings.step_seconds))
        except NotSeen:
            self._explain(where, step.described)
        except Error as error:
            self.broken(where, str(error))
        finally:
            self._accepts = ""
        if self._dialog:
            self._explain(where, step.described)

    def _value(self, step: Step) -> str | None:
        """Return what the step types or picks; None where there is nothing to do."""
        try:
            value = fill_in(step.with_, self._values | self._secrets)
        except ValueError as error:
            raise RefusedByTarget(self._says(f"cannot be given a field: {error}"), hint="Correct the field.") from None
        if step.values and value:
            if value not in step.values:
                allowed = ", ".join(step.values)
                message = self._says(f"cannot be given a field: {step.described} takes only {allowed}")
                raise RefusedByTarget(message, hint="Correct the field.")
            value = step.values[value]
        return None if not value and step.action in ("fill", "choose", "check") else value

    def _do(self, step: Step, value: str, seconds: float) -> None:
        if step.action == "open":
            path = fill_in(step.open, self._values)
            answer = self.page.goto(path if urlsplit(path).scheme else self._settings.address.rstrip("/") + path)
            if answer and answer.status >= 500 and not self.committed:
                raise TransientError(self._says(f"answered {answer.status}"), hint="It is tried again by itself.")
            return
        place = step.place
        if place is None:
            return
        if step.action == "wait":
            self._await_gone(place, seconds)
            return
        self._await([place], seconds)
        self._act(step, self.find(place), value)

    def _act(self, step: Step, thing: Locator, value: str) -> None:
        if step.action == "fill":
            self._fill(step, thing, value)
        elif step.action == "choose":
            self._choose(thing, value)
        elif step.action == "check":
            thing.set_checked(value in ("yes", "true", "1"))
        elif step.action == "upload":
            files = [{"name": a.name, "mimeType": a.media_type, "buffer": a.content} for a in self._attachments]
            thing.set_input_files(files)  # type: ignore[arg-type]
        elif step.action == "press":
            self._press(step, thing)
        elif step.with_ and shown(thing) != value.strip():
            raise NotSeen

    def _fill(self, step: Step, thing: Locator, value: str) -> None:
        if not any("{" + name in step.with_ for name in self._secrets):
            thing.fill(value)
            return
        # A secret goes past Playwright's own log of what it types.
        script = """(box, text) => { box.value = text;
            for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, {bubbles: true})); }"""
        thing.evaluate(script, value)

    def _choose(self, thing: Locator, value: str) -> None:
        if thing.evaluate("box => box.tagName") == "SELECT":
            thing.select_option(label=value)
        else:
            thing.get_by_role("radio", name=value, exact=True).check()

    def _press(self, step: Step, thing: Locator) -> None:
        if step.commit:
            # Everything that can stop the press is tried before it counts as done.
            thing.click(trial=True)
            self.committed = True
        thing.click()

    def _await(self, places: Sequence[Place], seconds: float) -> Place:
        stopped_at = deadline = time.monotonic() + seconds
        while True:
            seen = next((place for place in places if self._visible(place)), None)
            if seen and not self._dialog:
                return seen
            now = time.monotonic()
            stopped_at = min(stopped_at, now) if self._stopped(places) else deadline
            if self._dialog or now > min(deadline, stopped_at + _STANDS_SECONDS):
                raise NotSeen
            self.page.wait_for_timeout(_POLL_MS)

    def _await_gone(self, place: Place, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._visible(place):
            if self._dialog or time.monotonic() > deadline:
                raise NotSeen
            self.page.wait_for_timeout(_POLL_MS)

    def _stopped(self, places: Sequence[Place]) -> bool:
        ends = [place for place in (self._settings.faults, self._settings.signed_out) if place and place not in places]
        return any(self._visible(place) for place in ends)

    def _visible(self, place: Place) -> bool:
        from playwright.sync_api import Error

        try:
            return self.find(place).first.is_visible()
        except Error:
            if self.page.is_closed():
                raise
            # The page was on its way to the next one.
            return False

    def _explain(self, where: str, expected: str) -> NoReturn:
        """Raise what it means that something was not seen."""
        settings = self._settings
        if self._dialog:
            self._fail(where, f"a {self._dialog} that nobody expected came up")
        # The sign-in page comes first: it too may say something, which is no word on the record.
        if settings.signed_out and self._visible(settings.signed_out):
            if not self.committed:
                raise SignedOut
            self._fail(where, "the system had signed the robot out")
        if settings.faults and self._visible(settings.faults):
            raise RefusedByTarget(self._says(self._complaint()), hint="Correct the field, or key it by hand.")
        self._fail(where, f"expected {expected}")

    def broken(self, where: str, error: str) -> NoReturn:
        """Raise what a fault of the browser means; its own words go no further.

        Raises:
            As `take`.
        """
        if self.committed:
            self._fail(where, "the browser gave no answer")
        if _NO_CONNECTION.search(error):
            raise TransientError(self._says("cannot be reached"), hint="It is tried again by itself.") from None
        if self.page.is_closed() or _GONE.search(error):
            raise TransientError(self._says("lost its browser"), hint="It is tried again by itself.") from None
        several = "strict mode violation" in error
        self._fail(where, "more than one thing fits" if several else "it could not be done")

    def _fail(self, where: str, why: str) -> NoReturn:
        address = urlsplit(self.page.url).path
        message = self._says(f"is not as described: {where}: {why}; the page was {address}")
        if self.committed:
            raise DeliveryUncertain(message, hint="It is looked up before anything else.") from None
        hint = "Look at the page, and correct the description."
        raise ScreenChanged(message, hint=hint) from None

    def _complaint(self) -> str:
        faults = self._settings.faults
        words = " ".join(self.find(faults).first.inner_text().split()) if faults else ""
        return f"did not accept the form: {quote(words, self._values.values()).rstrip('.')}"

    def _answer(self, dialog: Dialog) -> None:
        if self._accepts and self._accepts in dialog.message:
            dialog.accept()
            return
        self._dialog = dialog.type
        dialog.dismiss()

    def _close_by_itself(self, seen: Place, press: Place) -> None:
        self.page.add_locator_handler(
            locate(self.page, seen, {}), lambda: locate(self.page, press, {}).click(), no_wait_after=True
        )

    def _says(self, what: str) -> str:
        return f'The target "{self._settings.name}" {what}.'


def shown(thing: Locator) -> str:
    """Return the words or the value of something on the page."""
    if thing.evaluate("box => 'value' in box && box.tagName !== 'LI' && box.tagName !== 'BUTTON'"):
        return thing.input_value().strip()
    return (thing.text_content() or "").strip()
