"""The sections of the desk, each a group of routes of its own."""

from __future__ import annotations

from collections.abc import Sequence

from desk.web.routing import DeskRouter


def routers() -> Sequence[DeskRouter]:
    """Return the routes of every section."""
    from desk.web import (
        account,
        audit,
        batches,
        evidence,
        figures,
        home,
        people,
        queue,
        review,
        review_acts,
        review_letter,
        review_source,
        review_split,
        review_typing,
        samples,
        system,
        system_configuration,
        system_runs,
    )
    from desk.web.sign_in import openid_routes
    from desk.web.sign_in import routes as sign_in

    reviewing = (review, review_typing, review_acts, review_letter, review_split, review_source, batches, evidence)
    plant = (system, system_runs, system_configuration, people, account, audit)
    return tuple(one.router for one in (home, sign_in, openid_routes, queue, *reviewing, figures, samples, *plant))
