"""Sign-ins: who may work at the desk, and who is signed in where; everything kept here can be revoked at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from postroom.document import sha256
from postroom.errors import BusinessError, ItemNotFound
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.desk_schema import pending_sign_ins, sign_ins, staff
from postroom.ledger.operating import Operating
from postroom.ledger.schema import Moment
from postroom.ledger.storage import change_one, execute
from postroom.staff import Person, Role

LOCAL, OPENID = "local", "openid"
"""Where a person's sign-in is checked."""
_SEEN_EVERY = timedelta(minutes=1)
"""How often a sign-in in use is noted, so that looking at pages writes next to nothing."""
_PENDING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """A person with what their sign-in rests on."""

    person: Person
    kind: str
    password: str = field(repr=False)
    """The hash of a local account's password; empty for others."""
    failures: int = 0
    """Wrong passwords in a row."""
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in of one person in one browser."""

    id: str
    person: Person
    since: datetime
    seen_at: datetime
    ends_at: datetime
    browser: str
    first_password: bool = False
    """Whether somebody else knows the password: all that the person may do is change it."""


class SignIns(Operating):
    """People and their sign-ins."""

    def add_staff(
        self, person: Person, by: str, *, kind: str = LOCAL, password: str = "", first_password: bool = False
    ) -> Person:
        """Add a person and return them with the id they were given; a first password is to be changed by them.

        Raises:
            BusinessError: The sign-in name is taken.
        """
        new = secrets.token_hex(16)
        with self._writing() as connection:
            if _staff_named(connection, person.sign_in_name) is not None:
                raise BusinessError(
                    f"The sign-in name {person.sign_in_name} is taken.", hint="Choose another, or change that account."
                )
            now = self._clock()
            values = _person_values(person) | {"kind": kind, "password": password, "failures": 0}
            values["first_password"] = first_password
            connection.execute(insert(staff).values(id=new, **values, created_at=now, changed_at=now))
            self._record(connection, "staff-added", actor=by, person=person.sign_in_name)
        return self.staff_member(new).person

    def welcome(self, person: Person) -> Person | None:
        """Add or bring up to date a person whom the OpenID provider vouches for; None if ICT has shut them out.

        The id says who it is for ever. A sign-in name can change hands there, so a second holder gets one of their own.
        """
        with self._writing() as connection:
            row = connection.execute(select(staff).where(staff.c.id == person.id)).one_or_none()
            if row is not None and not row.active:
                return None
            other = _staff_named(connection, person.sign_in_name)
            name = person.sign_in_name
            if other is not None and other.id != person.id:
                name = f"{name}#{person.id[:6]}"
            values = _person_values(replace(person, sign_in_name=name, active=True)) | {"changed_at": self._clock()}
            if row is None:
                new = {
                    "kind": OPENID,
                    "password": "",
                    "first_password": False,
                    "failures": 0,
                    "created_at": self._clock(),
                }
                connection.execute(insert(staff).values(id=person.id, **values, **new))
                self._record(connection, "staff-added", actor=name.strip().lower(), person=name.strip().lower())
            else:
                change_one(connection, update(staff).where(staff.c.id == person.id).values(**values))
        return self.staff_member(person.id).person

    def change_staff(self, person: Person, by: str) -> None:
        """Change a person's name, roles, teams and rights; their sign-ins end, so that the change counts at once."""
        with self._writing() as connection:
            values = _person_values(person) | {"changed_at": self._clock()}
            change_one(connection, update(staff).where(staff.c.id == person.id).values(**values))
            self._end(connection, person.id)
            told = {"person": person.sign_in_name, "roles": " ".join(sorted(person.roles))}
            told |= {"restricted": "yes" if person.restricted else "no", "active": "yes" if person.active else "no"}
            self._record(connection, "staff-changed", actor=by, **told)

    def set_password(
        self, staff_id: str, password: str, by: str, *, keep: str = "", first_password: bool = False
    ) -> None:
        """Set the hash of a person's password; every sign-in of theirs ends but the one with the token `keep`."""
        with self._writing() as connection:
            values = {"password": password, "failures": 0, "locked_until": None, "changed_at": self._clock()}
            values["first_password"] = first_password
            change_one(connection, update(staff).where(staff.c.id == staff_id).values(**values))
            self._end(connection, staff_id, but=sha256(keep.encode()) if keep else "")
            self._record(connection, "password-set", actor=by, person=_name_of(connection, staff_id))

    def keep_hash(self, staff_id: str, password: str) -> None:
        """Keep a password's hash made anew with today's cost; nothing else about the person changes."""
        with self._writing() as connection:
            change_one(connection, update(staff).where(staff.c.id == staff_id).values(password=password))

    def staff_member(self, staff_id: str) -> StaffRecord:
        """Return a person by id.

        Raises:
            ItemNotFound: There is none.
        """
        with self._reading() as connection:
            row = connection.execute(select(staff).where(staff.c.id == staff_id)).one_or_none()
        if row is None:
            raise ItemNotFound("There is no such person.", hint="The page People lists them.")
        return _record_of(row)

    def staff_named(self, sign_in_name: str) -> StaffRecord | None:
        """Return a person by sign-in name, in whatever case it is typed."""
        with self._reading() as connection:
            row = _staff_named(connection, sign_in_name)
        return _record_of(row) if row is not None else None

    def staff(self) -> list[StaffRecord]:
        """Return everybody, by name."""
        with self._reading() as connection:
            return [_record_of(row) for row in connection.execute(select(staff).order_by(staff.c.name, staff.c.id))]

    def note_wrong_password(self, staff_id: str, locked_until: datetime | None) -> None:
        """Count a wrong password against a person, and close the door to them for a while."""
        with self._writing() as connection:
            values = {"failures": staff.c.failures + 1, "locked_until": locked_until}
            change_one(connection, update(staff).where(staff.c.id == staff_id).values(**values))
            self._record(connection, "sign-in-refused", actor=_name_of(connection, staff_id))

    def sign_in(self, staff_id: str, browser: str, hours: float) -> str:
        """Begin a sign-in and return its token, which is known to the browser alone; at most so many hours long."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._writing() as connection:
            values = {"since": now, "seen_at": now, "ends_at": now + timedelta(hours=hours), "browser": browser[:200]}
            connection.execute(insert(sign_ins).values(id=sha256(token.encode()), staff_id=staff_id, **values))
            changed = update(staff).where(staff.c.id == staff_id).values(failures=0, locked_until=None)
            change_one(connection, changed)
            execute(connection, delete(sign_ins).where(sign_ins.c.ends_at < now - timedelta(days=30)))
            self._record(connection, "signed-in", actor=_name_of(connection, staff_id))
        return token

    def signed_in(self, token: str, idle_minutes: float) -> SignIn | None:
        """Return the sign-in of a token; None if it ended, lay idle for too long, or its person may no longer in."""
        now = self._clock()
        where = (sign_ins.c.id == sha256(token.encode()), sign_ins.c.ended_at.is_(None), sign_ins.c.ends_at > now)
        with self._reading() as connection:
            row = connection.execute(_sign_ins().where(*where)).one_or_none()
        if row is None or not row.active or row.seen_at < now - timedelta(minutes=idle_minutes):
            return None
        return _sign_in_of(row)

    def note_seen(self, sign_in: SignIn) -> None:
        """Note that a sign-in is in use, at most once a minute."""
        now = self._clock()
        if now - sign_in.seen_at >= _SEEN_EVERY:
            with self._writing() as connection:
                execute(connection, update(sign_ins).where(sign_ins.c.id == sign_in.id).values(seen_at=now))

    def sign_ins_of(self, staff_id: str) -> list[SignIn]:
        """Return the sign-ins of a person that have not ended, newest first."""
        where = (sign_ins.c.staff_id == staff_id, sign_ins.c.ended_at.is_(None), sign_ins.c.ends_at > self._clock())
        with self._reading() as connection:
            rows = connection.execute(_sign_ins().where(*where).order_by(sign_ins.c.since.desc()))
            return [_sign_in_of(row) for row in rows]

    def last_seen(self) -> dict[str, datetime]:
        """Return when each person was last at the desk, by their id; sign-ins are kept for a month."""
        newest = func.max(sign_ins.c.seen_at, type_=Moment())
        with self._reading() as connection:
            return dict(
                connection.execute(select(sign_ins.c.staff_id, newest).group_by(sign_ins.c.staff_id)).tuples().all()
            )

    def end_sign_in(self, sign_in_id: str, by: str) -> None:
        """End one sign-in at once; safe to repeat."""
        with self._writing() as connection:
            staff_id = connection.scalar(select(sign_ins.c.staff_id).where(sign_ins.c.id == sign_in_id))
            where = (sign_ins.c.id == sign_in_id, sign_ins.c.ended_at.is_(None))
            ended = execute(connection, update(sign_ins).where(*where).values(ended_at=self._clock())).rowcount
            if ended:
                self._record(connection, "signed-out", actor=by, person=_name_of(connection, str(staff_id)))

    def end_sign_ins(self, staff_id: str, by: str) -> int:
        """End every sign-in of a person at once and return how many there were."""
        with self._writing() as connection:
            ended = self._end(connection, staff_id)
            self._record(connection, "signed-out", actor=by, person=_name_of(connection, staff_id))
            return ended

    def keep_pending(self, pending: str, return_to: str) -> str:
        """Keep what a sign-in at the OpenID provider began with, and return the token for the browser's cookie."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._writing() as connection:
            execute(connection, delete(pending_sign_ins).where(pending_sign_ins.c.at < now - _PENDING))
            values = {"pending": pending, "return_to": return_to, "at": now}
            connection.execute(insert(pending_sign_ins).values(id=sha256(token.encode()), **values))
        return token

    def take_pending(self, token: str) -> tuple[str, str] | None:
        """Return, once, what a sign-in began with and where it was to lead; None if it is unknown, used or too old."""
        where = (pending_sign_ins.c.id == sha256(token.encode()), pending_sign_ins.c.at >= self._clock() - _PENDING)
        with self._writing() as connection:
            row = connection.execute(select(pending_sign_ins).where(*where)).one_or_none()
            if row is None:
                return None
            change_one(connection, delete(pending_sign_ins).where(pending_sign_ins.c.id == row.id))
            return row.pending, row.return_to

    def count_staff(self) -> int:
        """Return how many people there are."""
        with self._reading() as connection:
            return connection.scalar(select(func.count()).select_from(staff)) or 0

    def _end(self, connection: Connection, staff_id: str, but: str = "") -> int:
        where = (sign_ins.c.staff_id == staff_id, sign_ins.c.ended_at.is_(None), sign_ins.c.id != but)
        return execute(connection, update(sign_ins).where(*where).values(ended_at=self._clock())).rowcount


def names_of(people: Iterable[StaffRecord]) -> dict[str, str]:
    """Return how colleagues call each person, by sign-in name."""
    return {one.person.sign_in_name: one.person.name for one in people}


def _sign_ins() -> Any:
    columns = [column for column in staff.c if column.name != "id"]
    return select(sign_ins, *columns).join(staff, staff.c.id == sign_ins.c.staff_id)


def _sign_in_of(row: Row[Any]) -> SignIn:
    return SignIn(
        row.id, _person_of(row, row.staff_id), row.since, row.seen_at, row.ends_at, row.browser, row.first_password
    )


def _staff_named(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(staff).where(staff.c.sign_in_name == name.strip().lower())).one_or_none()


def _name_of(connection: Connection, staff_id: str) -> str:
    return connection.scalar(select(staff.c.sign_in_name).where(staff.c.id == staff_id)) or ""


def _record_of(row: Row[Any]) -> StaffRecord:
    return StaffRecord(_person_of(row, row.id), row.kind, row.password, row.failures, row.locked_until)


def _person_of(row: Row[Any], staff_id: str) -> Person:
    roles = frozenset(Role(name) for name in from_json(tuple[str, ...], row.roles))
    teams = frozenset(from_json(tuple[str, ...], row.teams))
    return Person(staff_id, row.sign_in_name, row.name, roles, teams, row.restricted, row.active)


def _person_values(person: Person) -> dict[str, object]:
    return {
        "sign_in_name": person.sign_in_name.strip().lower(),
        "name": person.name.strip(),
        "roles": to_json(tuple(sorted(person.roles))),
        "teams": to_json(tuple(sorted(person.teams))),
        "restricted": person.restricted,
        "active": person.active,
    }
