"""The screens: sign-in, menu, search, a form of three pages, confirmation and record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from demo.backoffice.accounts import PASSWORD, USER
from demo.backoffice.faults import Faults
from demo.backoffice.kinds import KINDS, Box, Kind
from demo.backoffice.sessions import COOKIE, Session, Sessions
from demo.backoffice.store import DuplicateReference, Record, Store
from demo.backoffice.validation import faults_of, ward_of

HERE = Path(__file__).parent
COUNCIL = "Northborough District Council"


class SignedOut(Exception):
    """The session has ended; the sign-in page answers."""


class Screens:
    """The pages and what they need."""

    def __init__(self, store: Store, faults: Faults, sessions: Sessions, notice_every: int) -> None:
        self.store, self.faults, self.sessions, self.notice_every = store, faults, sessions, notice_every
        self._templates = Jinja2Templates(HERE / "templates")

    def show(self, request: Request, template: str, **content: object) -> HTMLResponse:
        """Return a page of the screens."""
        content |= {"council": COUNCIL, "kinds": KINDS, "user": USER, "password": PASSWORD}
        return self._templates.TemplateResponse(request, f"{template}.html", content)

    def session(self, request: Request) -> Session:
        """Return the signed-in session.

        Raises:
            SignedOut: there is none.
        """
        session = self.sessions.get(request.cookies.get(COOKIE))
        if session is None:
            raise SignedOut
        return session


def screen_routes(screens: Screens) -> APIRouter:
    """Return the routes of the screens."""
    router = APIRouter(prefix="/screens", default_response_class=HTMLResponse)

    _sign_in_routes(router, screens)

    @router.get("/menu")
    async def menu(request: Request) -> Response:
        session = screens.session(request)
        notice, session.notice = session.notice or screens.faults.take("notice") is not None, False
        return screens.show(request, "menu", notice=notice)

    @router.get("/search")
    async def search(request: Request, reference: str = "") -> Response:
        screens.session(request)
        found = screens.store.search(reference.strip()) if reference.strip() else None
        return screens.show(request, "search", reference=reference, found=found)

    @router.get("/record/{record_id}")
    async def record_page(request: Request, record_id: int) -> Response:
        screens.session(request)
        return _show_record(screens, request, screens.store.by_id(record_id), "record")

    _form_routes(router, screens)
    return router


def _sign_in_routes(router: APIRouter, screens: Screens) -> None:
    @router.get("/signin")
    async def signin_page(request: Request, expired: int = 0) -> Response:
        return screens.show(request, "signin", message="Your session has ended. Sign in again." if expired else "")

    @router.post("/signin")
    async def signin(request: Request) -> Response:
        form = await request.form()
        if (form.get("user"), form.get("password")) != (USER, PASSWORD):
            return screens.show(request, "signin", message="The user ID or password is not known.")
        answer = RedirectResponse("/screens/menu", 303)
        answer.set_cookie(COOKIE, screens.sessions.start(USER, screens.notice_every), httponly=True, samesite="lax")
        return answer

    @router.get("/signout")
    async def signout() -> Response:
        answer = RedirectResponse("/screens/signin", 303)
        answer.delete_cookie(COOKIE)
        return answer


def _form_routes(router: APIRouter, screens: Screens) -> None:
    @router.get("/new/{slug}")
    async def start(request: Request, slug: str) -> Response:
        screens.session(request).drafts[_kind(slug).slug] = {}
        return RedirectResponse(f"/screens/new/{slug}/1", 303)

    @router.get("/new/{slug}/{page}")
    async def page(request: Request, slug: str, page: int) -> Response:
        return _page(screens, request, _kind(slug), page, {})

    @router.post("/new/{slug}/{page}")
    async def submit(request: Request, slug: str, page: int) -> Response:
        kind, session = _kind(slug), screens.session(request)
        boxes = kind.customer if page == 1 else kind.request
        draft = session.drafts.setdefault(slug, {})
        form = {name: str(value) for name, value in (await request.form()).items()}
        if page == 3:
            return _commit(screens, request, kind, draft)
        draft |= _canonical(boxes, form) | ({"reference": form.get("reference", "").strip()} if page == 1 else {})
        if "lookup" in form:
            return _page(screens, request, kind, page, {})
        if wrong := faults_of(kind, draft, boxes):
            return _page(screens, request, kind, page, wrong)
        return RedirectResponse(f"/screens/new/{slug}/{page + 1}", 303)

    @router.get("/done/{record_id}")
    async def done(request: Request, record_id: int) -> Response:
        screens.session(request)
        return _show_record(
            screens, request, screens.store.by_id(record_id), "done", alert=request.query_params.get("alert", "")
        )


def _page(screens: Screens, request: Request, kind: Kind, page: int, wrong: Mapping[str, str]) -> Response:
    draft = screens.session(request).drafts.setdefault(kind.slug, {})
    boxes = {1: kind.customer, 2: kind.request}.get(page, kind.boxes)
    wards = {box.name: ward_of(draft.get(f"{box.name}Postcode", "")) for box in boxes if box.control == "address"}
    return screens.show(
        request,
        "confirm" if page == 3 else "form",
        kind=kind,
        page=page,
        boxes=boxes,
        draft=draft,
        wrong=wrong,
        wards=wards,
        shown=_shown(kind, draft),
        commit="Save record" if page == 3 and screens.faults.take("rename-button") else "Submit",
    )


def _commit(screens: Screens, request: Request, kind: Kind, draft: dict[str, str]) -> Response:
    if screens.faults.take("expire-before-commit"):
        screens.sessions.end_all()
        raise SignedOut
    values = {name: value for name, value in draft.items() if name != "reference" and value}
    if wrong := faults_of(kind, values):
        return _page(screens, request, kind, 3, wrong)
    if fault := screens.faults.take("drop-field"):
        values.pop(fault.box, None)
    try:
        record = screens.store.add(kind.slug, draft.get("reference", ""), values, "screens")
    except DuplicateReference as duplicate:
        text = f"Your reference: already used on record {duplicate.record.number}"
        return _page(screens, request, kind, 3, {"reference": text})
    return _after_commit(screens, request, record)


def _after_commit(screens: Screens, request: Request, record: Record) -> Response:
    fault = screens.faults.take("expire-after-commit", "error-after-commit", "alert-after-commit")
    if fault and fault.name == "expire-after-commit":
        screens.sessions.end_all()
        raise SignedOut
    if fault and fault.name == "error-after-commit":
        return HTMLResponse("<h1>Server Error in '/NBLive' Application.</h1>", 500)
    alert = "?alert=1" if fault else ""
    return screens.show(request, "wait", destination=f"/screens/done/{record.id}{alert}")


def _show_record(screens: Screens, request: Request, record: Record | None, page: str, **content: object) -> Response:
    if record is None:
        raise HTTPException(404, "There is no such record.")
    kind = KINDS[record.kind]
    return screens.show(request, page, record=record, kind=kind, shown=_shown(kind, record.values), **content)


def show_plain_record(screens: Screens, request: Request, number: str) -> Response:
    """Return a record as anybody following the demonstration may see it."""
    return _show_record(screens, request, screens.store.by_number(number), "keyed")


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise HTTPException(404, "There is no such form.")
    return KINDS[slug]


def _canonical(boxes: tuple[Box, ...], form: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for box in boxes:
        raw = form.get(box.name, "").replace("\r\n", "\n").strip()
        if box.control == "date":
            parts = [form.get(f"{box.name}-{part}", "").strip() for part in ("year", "month", "day")]
            raw = f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}" if any(parts) else ""
        if box.control == "money":
            raw = raw.replace(",", "").removeprefix("£")
        values[box.name] = raw
        if box.control == "address":
            values[f"{box.name}Postcode"] = form.get(f"{box.name}Postcode", "").strip().upper()
    return values


def _shown(kind: Kind, values: Mapping[str, str]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for box in kind.boxes:
        rows.append((box.label, _in_words(box, values.get(box.name, ""))))
        if box.control == "address":
            rows.append(("Ward", ward_of(values.get(f"{box.name}Postcode", "")) or "Not known"))
    return rows


def _in_words(box: Box, value: str) -> str:
    if box.control == "date" and value:
        year, month, day = value.split("-")
        return f"{day}/{month}/{year}"
    if box.control == "money" and value:
        return f"£{Decimal(value):,.2f}"
    return dict(box.choices).get(value, value)
