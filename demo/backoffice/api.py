"""The API: one collection per kind of record, with a token, validation per field and a unique reference."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from demo.backoffice.accounts import API_KEY, CLIENT_ID, CLIENT_SECRET
from demo.backoffice.faults import Fault, Faults
from demo.backoffice.kinds import KINDS, Box, Kind
from demo.backoffice.store import DuplicateReference, Record, Store
from demo.backoffice.validation import faults_of

TOKEN_SECONDS = 600


def api_routes(store: Store, faults: Faults) -> APIRouter:
    """Return the routes of the API over a store."""
    router = APIRouter()
    tokens: dict[str, float] = {}
    repeats: dict[str, tuple[str, int]] = {}

    _token_route(router, tokens)

    def signed_in(request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.headers.get("x-api-key") != API_KEY and tokens.get(bearer, 0) < time.monotonic():
            raise HTTPException(401, "A valid token or API key is required.")

    @router.post("/api/v1/{slug}")
    async def create(slug: str, request: Request) -> Response:
        signed_in(request)
        kind = _kind(slug)
        fault = faults.take("too-many-requests", "unavailable", "error-before-commit", "slow")
        if fault and (refusal := await _misbehave(fault)):
            return refusal
        raw = await request.body()
        key, digest = request.headers.get("idempotency-key", ""), hashlib.sha256(raw).hexdigest()
        if key in repeats:
            return _repeat(store, repeats[key], digest)
        return await _create(store, faults, kind, raw, (repeats, key, digest))

    _read_routes(router, store, signed_in)
    return router


def _token_route(router: APIRouter, tokens: dict[str, float]) -> None:
    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        form = await request.form()
        offered = (str(form.get("client_id", "")), str(form.get("client_secret", "")))
        if form.get("grant_type") != "client_credentials" or (CLIENT_ID, CLIENT_SECRET) not in (
            offered,
            _basic(request),
        ):
            return JSONResponse({"error": "invalid_client"}, 401)
        name = secrets.token_urlsafe(24)
        tokens[name] = time.monotonic() + TOKEN_SECONDS
        return JSONResponse({"access_token": name, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})


def _read_routes(router: APIRouter, store: Store, signed_in: Callable[[Request], None]) -> None:
    @router.get("/api/v1/{slug}")
    async def find(slug: str, request: Request) -> Response:
        signed_in(request)
        kind = _kind(slug)
        found = store.by_external_reference(request.query_params.get("externalReference", ""), kind.slug)
        return JSONResponse({"total": int(found is not None), "items": [_shown(found)] if found else []})

    @router.get("/api/v1/{slug}/{number:path}")
    async def read(slug: str, number: str, request: Request) -> Response:
        signed_in(request)
        record = store.by_number(number, _kind(slug).slug)
        if record is None:
            raise HTTPException(404, "There is no such record.")
        return _answer(record, 200)


async def _create(
    store: Store, faults: Faults, kind: Kind, raw: bytes, repeat: tuple[dict[str, tuple[str, int]], str, str]
) -> Response:
    body = _body(raw)
    values = _canonical(kind, body)
    if wrong := faults_of(kind, values):
        errors = [{"field": _path(kind, name), "message": text} for name, text in wrong.items()]
        return JSONResponse({"message": "The record was not accepted.", "errors": errors}, 422)
    if fault := faults.take("drop-field"):
        values.pop(fault.box, None)
    try:
        record = store.add(kind.slug, str(body.get("externalReference") or ""), values, "API")
    except DuplicateReference:
        return JSONResponse({"message": "The external reference is already in use.", "errors": []}, 409)
    repeats, key, digest = repeat
    if key:
        repeats[key] = (digest, record.id)
    after = faults.take("drop-after-commit", "error-after-commit")
    if after and after.name == "drop-after-commit":
        return StreamingResponse(_cut_short(), 201, {"content-length": "500"}, "application/json")
    if after:
        return JSONResponse({"message": "Internal error"}, 500)
    return _answer(record, 201)


async def _misbehave(fault: Fault) -> Response | None:
    if fault.name == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    status = {"too-many-requests": 429, "unavailable": 503, "error-before-commit": 500}[fault.name]
    headers = {"retry-after": fault.retry_after} if fault.retry_after else {}
    return JSONResponse({"message": "Try again later."}, status, headers)


async def _cut_short() -> AsyncIterator[bytes]:
    yield b'{"reference": "NB'


def _repeat(store: Store, earlier: tuple[str, int], digest: str) -> Response:
    if earlier[0] != digest:
        return JSONResponse({"message": "The Idempotency-Key was used with another body.", "errors": []}, 409)
    record = store.by_id(earlier[1])
    if record is None:
        raise HTTPException(404, "The record of this Idempotency-Key is gone.")
    return _answer(record, 200)


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise HTTPException(404, "There is no such collection.")
    return KINDS[slug]


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body must be a JSON object.")
    return body


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (name, secret) if scheme.lower() == "basic" else ("", "")


def _path(kind: Kind, name: str) -> str:
    return f"{'customer' if name in {box.name for box in kind.customer} else 'request'}.{name}"


def _canonical(kind: Kind, body: Mapping[str, Any]) -> dict[str, str]:
    values: dict[str, str] = {}
    for box in kind.boxes:
        section = body.get(_path(kind, box.name).partition(".")[0])
        value = section.get(box.name) if isinstance(section, dict) else None
        if value is not None and value != "":
            values[box.name] = _from_json(box, value)
    return values


def _from_json(box: Box, value: object) -> str:
    if box.control == "money" and isinstance(value, int):
        return f"{value // 100}.{value % 100:02d}"
    return str(value)


def _to_json(box: Box, value: str) -> object:
    if box.control == "money":
        pounds, _, pence = value.partition(".")
        return int(pounds) * 100 + int((pence + "00")[:2])
    return int(value) if box.control == "number" else value


def _shown(record: Record) -> dict[str, Any]:
    kind = KINDS[record.kind]
    sections: dict[str, dict[str, object]] = {"customer": {}, "request": {}}
    for box in kind.boxes:
        if box.name in record.values:
            section, _, name = _path(kind, box.name).partition(".")
            sections[section][name] = _to_json(box, record.values[box.name])
    return {
        "reference": record.number,
        "externalReference": record.external_reference,
        "createdAt": record.created_at.isoformat(timespec="seconds"),
        **sections,
    }


def _answer(record: Record, status: int) -> Response:
    shown = _shown(record)
    tag = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]
    return JSONResponse(shown, status, {"etag": f'"{tag}"'})
