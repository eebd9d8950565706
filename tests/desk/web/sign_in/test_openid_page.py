"""The page on signing in says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from config.sign_in import RETURN_PATH, SignIn
from desk.web.sign_in.openid_failures import Reason
from desk.web.sign_in.openid_token import ALGORITHMS

PAGE = (Path(__file__).parents[4] / "docs" / "sign-in.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_copied(example: str) -> None:
    TypeAdapter(SignIn).validate_python(YAML(typ="safe").load(example)["sign_in"])


def test_there_is_an_example_of_each_way() -> None:
    assert [YAML(typ="safe").load(one)["sign_in"]["kind"] for one in EXAMPLES] == ["openid", "openid", "accounts"]


def test_every_app_role_of_the_example_is_made_before() -> None:
    made = set(re.findall(r"^\|[^|]+\| `(PostRoom\.\w+)` \|$", PAGE, re.MULTILINE))
    assert made == set(re.findall(r"PostRoom\.\w+", EXAMPLES[0]))


def test_every_reason_in_the_log_has_its_remedy() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| [^|]+ \| [^|]+ \|$", PAGE.split("## When somebody")[1], re.MULTILINE)
    assert sorted(re.findall(r"`([\w-]+)`", " ".join(rows))) == sorted(Reason)


def test_the_page_names_what_the_code_checks() -> None:
    assert RETURN_PATH in PAGE
    for algorithm in ALGORITHMS:
        assert algorithm in PAGE
