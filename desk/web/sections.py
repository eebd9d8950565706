"""The sections of the desk, each a group of routes of its own."""

from __future__ import annotations

from collections.abc import Sequence

from desk.web.routing import DeskRouter


def routers() -> Sequence[DeskRouter]:
    """Return the routes of every section."""
    from desk.web import account, audit, home, people
    from desk.web.checks import page as checks
    from desk.web.evidence import page as evidence
    from desk.web.figures import page as figures
    from desk.web.queue import batches
    from desk.web.queue import page as queue
    from desk.web.review import acts, entering, letter, split
    from desk.web.review import page as review
    from desk.web.sign_in import openid_routes
    from desk.web.sign_in import routes as sign_in
    from desk.web.source import pane
    from desk.web.system import configuration, runs
    from desk.web.system import page as system

    reviewing = (review, entering, acts, letter, split, pane, batches, evidence)
    plant = (system, runs, configuration, people, account, audit)
    return tuple(one.router for one in (home, sign_in, openid_routes, queue, *reviewing, figures, checks, *plant))
