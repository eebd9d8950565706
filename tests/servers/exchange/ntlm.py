"""NTLM over HTTP as a domain controller would judge it, one handshake a connection."""

from __future__ import annotations

import base64
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.exchange.store import Store

_FILE = "NTLM_USER_FILE"


class NtlmSignIn:
    """Checks NTLMv2 responses against the store's passwords while it is offered."""

    def __init__(self, store: Store) -> None:
        self.offered = False
        self._store = store
        self._lock = threading.Lock()
        self._under_way: dict[int, Any] = {}

    @contextmanager
    def offering(self) -> Iterator[None]:
        """Offer NTLM, and NTLM alone, for a while."""
        before = os.environ.get(_FILE)
        with tempfile.TemporaryDirectory() as work:
            known = Path(work) / "users"
            lines = [f"{user.replace(chr(92), ':', 1)}:{word}" for user, word in self._store.passwords.items()]
            known.write_text("\n".join(lines) + "\n", encoding="utf-8")
            os.environ[_FILE] = str(known)
            self.offered = True
            try:
                yield
            finally:
                self.offered = False
                os.environ.pop(_FILE)
                if before is not None:
                    os.environ[_FILE] = before

    def step(self, connection: object, token: str) -> tuple[str, str]:
        """Take one token of a connection; return who is signed in, or the challenge to answer."""
        import spnego
        from spnego.exceptions import SpnegoError

        with self._lock:
            context = self._under_way.setdefault(id(connection), None)
            if context is None:
                context = self._under_way[id(connection)] = spnego.server(protocol="ntlm")
        with suppress(SpnegoError):
            answer = context.step(base64.b64decode(token))
            if not context.complete:
                return "", base64.b64encode(answer or b"").decode()
            self._under_way.pop(id(connection), None)
            return str(context.client_principal), ""
        self._under_way.pop(id(connection), None)
        return "", ""
