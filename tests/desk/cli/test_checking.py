from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.desk.conftest import MAIN, Postroom

SECRET = "canary-of-the-test"


def test_a_sound_configuration_with_working_connections_exits_0(postroom: Postroom) -> None:
    said = postroom("check")
    assert said.code == 0
    assert "is sound: 2 processes, 1 inbox, 2 targets" in said.out
    assert said.out.count("✓") == 4


def test_one_connection_is_tried_alone(postroom: Postroom) -> None:
    (found,) = json.loads(postroom("check", "--only", "depot", "--json").out)["connections"]
    assert (found["role"], found["name"], found["good"]) == ("target", "depot", True)
    said = postroom("check", "--only", "depto")
    assert said.code == 2
    assert "Configured: post, depot, crm" in said.err


def test_every_mistake_is_told_at_once_and_exits_2(postroom: Postroom, config: Path) -> None:
    (config / "postroom.yaml").write_text(MAIN.replace("kind: folder", "kind: foldr"))
    process = config / "processes" / "missed-bin.yaml"
    process.write_text(process.read_text().replace("type: choice", "type: chioce"))
    said = postroom("check", "--json")
    assert said.code == 2
    mistakes = json.loads(said.out)["mistakes"]
    assert {(one["file"], one["line"], one["key"]) for one in mistakes} >= {
        ("postroom.yaml", 3, "inboxes[1].kind"),
        ("processes/missed-bin.yaml", 13, "fields.bin.type"),
    }
    assert "2 mistakes" in postroom("check").out


def test_every_failed_connection_is_told_and_exits_1(postroom: Postroom, config: Path) -> None:
    api = "{name: api, kind: rest, description: api.yaml, base_url: 'http://127.0.0.1:1'}"
    (config / "api.yaml").write_text(
        "create: {path: /x, reference: id}\nfind: {path: '/x/{key}', key: key, reference: id}\n"
        "read: {path: '/x/{reference}'}\nfields: {address: {path: address}}\nkey: {path: key}\n"
    )
    main = MAIN.replace("path: inbox", "path: /nowhere/at/all").replace("targets:\n", f"targets:\n  - {api}\n")
    (config / "postroom.yaml").write_text(main)
    said = postroom("check")
    assert said.code == 1
    assert said.out.count("✗") == 2
    assert 'No process delivers to the target "api"' in said.out
    assert "See whether the system runs" in said.out
    assert postroom("check", "--offline").code == 0


@pytest.mark.parametrize("address", ["nonsense", "oracle://db/post", "postgresql://robot@127.0.0.1:1/post",
                                     "sqlite:////dev/null/post.db"])  # fmt: skip
def test_a_ledger_that_cannot_be_opened_is_told(postroom: Postroom, config: Path, address: str) -> None:
    (config / "postroom.yaml").write_text(f"{MAIN}ledger: {address}\n")
    said = postroom("check")
    assert said.code == 1
    assert re.search(r"✗ +ledger +The ledger cannot be opened", said.out)
    assert said.out.count("✓") == 3
    assert postroom("items").code == 2


def test_no_secret_is_printed(postroom: Postroom, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WESTMERE_MAIL", SECRET)
    imap = "{name: mail, kind: imap, host: 127.0.0.1, port: 1, user: robot, password: {env: WESTMERE_MAIL}}"
    (config / "postroom.yaml").write_text(MAIN.replace("targets:", f"  - {imap}\ntargets:"))
    for arguments in (("check",), ("check", "--json"), ("check", "--verbose")):
        said = postroom(*arguments)
        assert said.code == 1
        assert SECRET not in said.out + said.err


GRAPH = """\
  - name: {name}
    kind: {kind}
    sign_in: {{kind: secret, tenant_id: t, client_id: c, client_secret: {{env: ABSENT_SECRET}}}}
    {more}
"""


def test_what_to_grant_is_printed_before_anything_is_granted(postroom: Postroom, config: Path) -> None:
    box = GRAPH.format(name="mailbox", kind="graph", more="mailbox: post@council.gov.uk")
    site = "site: https://council.sharepoint.com/sites/Post, "
    more = (("list", site + "list: Post"), ("files", site + "library: Files"))
    targets = "".join(
        GRAPH.format(name=name, kind=f"graph-{kind}", more=words.replace(", ", "\n    "))
        for (name, words), kind in zip(more, ("list", "library"), strict=True)
    )
    main = MAIN.replace("targets:\n", f"targets:\n{targets}").replace("inboxes:\n", f"inboxes:\n{box}")
    (config / "postroom.yaml").write_text(main)
    said = postroom("check", "--offline", "--json")
    assert said.code == 0
    granted = {one["name"]: one for one in json.loads(said.out)["permissions"]}
    assert granted["Application Mail.ReadWrite"]["scope"] == "mailbox post@council.gov.uk alone"
    assert granted["Sites.Selected (write)"]["for"] == ["list", "files"], "one grant for one site, printed once"
    assert len(granted) == 2
    shown = postroom("check", "--offline").out
    assert "and no more" in shown
    assert "Sites.Selected" in shown


def test_two_inboxes_of_one_folder_are_a_mistake(postroom: Postroom, config: Path) -> None:
    boxes = GRAPH.format(name="one", kind="graph", more="mailbox: post@council.gov.uk")
    boxes += GRAPH.format(name="two", kind="graph", more="mailbox: Post@council.gov.uk\n    folders: [Forms, inbox]")
    (config / "postroom.yaml").write_text(MAIN.replace("inboxes:\n", f"inboxes:\n{boxes}"))
    said = postroom("check", "--offline", "--json")
    assert said.code == 2
    (mistake,) = json.loads(said.out)["mistakes"]
    assert (mistake["line"], '"one" and "two"' in mistake["message"]) == (10, True)


def test_a_target_that_is_told_and_not_there_is_a_mistake(postroom: Postroom, config: Path) -> None:
    (config / "postroom.yaml").write_text(f"{MAIN}tell: [depto]\n")
    said = postroom("check", "--offline", "--json")
    assert said.code == 2
    (mistake,) = json.loads(said.out)["mistakes"]
    assert (mistake["line"], mistake["key"]) == (7, "tell[1]")
    assert "depot" in mistake["hint"]
