"""Leases: who works on what, until when, with a fence that shuts out a worker that lost its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, select, update

from postroom.ledger import schema
from postroom.ledger.owners import surely_gone
from postroom.ledger.records import Lease
from postroom.ledger.storage import Storage, change_one, execute

_LEASES = schema.leases
LEASE_SECONDS = 120.0


class Leases(Storage):
    """Taking turns."""

    def lease(self, kind: str, subject: str, owner: str, seconds: float = LEASE_SECONDS) -> Lease | None:
        """Take the lease of anything that takes turns, such as a mailbox; None while another holds it."""
        with self._writing() as connection:
            return self._take(connection, kind, subject, owner, seconds)

    def renew(self, lease: Lease, seconds: float = LEASE_SECONDS) -> Lease:
        """Prolong a lease that is still held.

        Raises:
            LeaseLost: Another worker has it, or it ran out.
        """
        with self._writing() as connection:
            self._hold(connection, lease)
            until = self._clock() + timedelta(seconds=seconds)
            execute(connection, update(_LEASES).where(_held(lease)).values(until=until))
            return replace(lease, until=until)

    def sweep(self, gone: Callable[[str], bool] = surely_gone) -> int:
        """End the leases whose owners are surely dead, so that their work need not wait; return how many."""
        now = self._clock()
        with self._reading() as connection:
            owners = set(connection.scalars(select(_LEASES.c.owner).where(_LEASES.c.until > now).distinct()))
        dead = [owner for owner in owners if gone(owner)]
        if not dead:
            return 0
        with self._writing() as connection:
            ended = update(_LEASES).where(_LEASES.c.owner.in_(dead), _LEASES.c.until > now).values(until=now)
            return execute(connection, ended).rowcount

    def _take(self, connection: Connection, kind: str, subject: str, owner: str, seconds: float) -> Lease | None:
        now = self._clock()
        until = now + timedelta(seconds=seconds)
        where = and_(_LEASES.c.kind == kind, _LEASES.c.subject == subject)
        row = connection.execute(select(_LEASES.c.fence, _LEASES.c.until).where(where)).one_or_none()
        if row is None:
            values = {"kind": kind, "subject": subject, "owner": owner, "fence": 1, "until": until}
            connection.execute(insert(_LEASES).values(**values))
            return Lease(kind, subject, owner, 1, until)
        if row.until > now:
            return None
        fence = row.fence + 1
        connection.execute(update(_LEASES).where(where).values(owner=owner, fence=fence, until=until))
        return Lease(kind, subject, owner, fence, until)

    def _hold(self, connection: Connection, lease: Lease) -> None:
        """Refuse a worker whose turn is over.

        A lease that ran out but that nobody took over still holds: its fence is the newest.
        """
        change_one(connection, update(_LEASES).where(_held(lease)).values(owner=lease.owner))

    def _let_go(self, connection: Connection, lease: Lease) -> None:
        change_one(connection, update(_LEASES).where(_held(lease)).values(until=self._clock()))

    def _has(self, connection: Connection, lease: Lease) -> bool:
        return connection.scalar(select(_LEASES.c.fence).where(_held(lease))) is not None


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(
        _LEASES.c.kind == lease.kind,
        _LEASES.c.subject == lease.subject,
        _LEASES.c.owner == lease.owner,
        _LEASES.c.fence == lease.fence,
    )


def is_free(kind: str, subject: ColumnElement[str], now: object) -> ColumnElement[bool]:
    """Return the condition that nobody holds the lease of `subject`."""
    return ~exists().where(_LEASES.c.kind == kind, _LEASES.c.subject == subject, _LEASES.c.until > now)
