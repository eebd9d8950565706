"""The sample tenant: what it holds, whom it lets in, and that post comes to it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import load_settings
from connectors import registry
from demo.microsoft365.configuration import SECRET_VARIABLE, TARGETS, SampleTenant, write_configuration
from demo.microsoft365.mail import bring_post
from demo.microsoft365.tenant import MAILBOX, OUTSIDE, furnish, plan_of
from postroom.errors import ConnectorDown
from tests.servers.graph import GraphServer


@pytest.fixture
def post(tmp_path: Path) -> Path:
    folder = tmp_path / "post"
    folder.mkdir()
    (folder / "one.eml").write_bytes(b"From: a@example.org\r\nMessage-ID: <one@example.org>\r\n\r\nHello.\r\n")
    (folder / "form.pdf").write_bytes(b"%PDF-1.4")
    (folder / "labels.jsonl").write_text("{}")
    return folder


def test_everything_that_the_nine_processes_need_is_there_and_can_be_used(
    tmp_path: Path, post: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = load_settings()
    with GraphServer(tmp_path / "state") as server:
        furnish(server.tenant, council.processes)
        assert bring_post(server.tenant, post) == 2
        assert bring_post(server.tenant, post) == 0, "a second demonstration brings nothing new"
        sign_in = server.tenant.sign_in
        monkeypatch.setenv(SECRET_VARIABLE, sign_in.secret)
        known = (sign_in.tenant_id, sign_in.client_id, *plan_of(server.tenant))
        tenant = SampleTenant(server.url, server.authority, server.ca_file, *known)
        write_configuration(tmp_path / "config", council, tenant)
        settings = load_settings(tmp_path / "config", tmp_path / "data")
        assert not settings.warnings
        assert {step.target for process in settings.processes for step in process.deliver} == set(TARGETS)
        (connection,) = settings.inboxes
        inbox = registry.open_inbox(connection.settings())
        assert f"Mailbox {OUTSIDE} is refused, as it must be." in inbox.check()
        assert {message.source_key for message in inbox.fetch(9)} == {
            item.id for item in server.tenant.mail.within(MAILBOX, "Inbox")
        }
        for target in settings.targets:
            assert registry.open_target(target.settings()).check()
        assert server.violations == []


def test_the_tenant_goes_on_where_it_was(tmp_path: Path, post: Path) -> None:
    council = load_settings()
    for new in (2, 0):
        with GraphServer(tmp_path / "state") as server:
            furnish(server.tenant, council.processes)
            assert bring_post(server.tenant, post) == new
            assert len(server.tenant.lists.lists) == 3


def test_a_robot_with_rights_for_every_mailbox_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    council = load_settings()
    with GraphServer() as server:
        furnish(server.tenant, council.processes)
        sign_in = server.tenant.sign_in
        del sign_in.scopes[sign_in.client_id]
        monkeypatch.setenv(SECRET_VARIABLE, sign_in.secret)
        known = (sign_in.tenant_id, sign_in.client_id, *plan_of(server.tenant))
        tenant = SampleTenant(server.url, server.authority, server.ca_file, *known)
        write_configuration(tmp_path / "config", council, tenant)
        (connection,) = load_settings(tmp_path / "config", tmp_path / "data").inboxes
        with pytest.raises(ConnectorDown, match="outside its scope"):
            registry.open_inbox(connection.settings()).check()
