"""Reports need a target that writes to whoever they are for; each mistake says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.mistakes import MistakesInConfig
from config.settings import load_settings
from tests.config.conftest import MAIN, WriteConfig

LETTER = '{to: "{to}", subject: "{subject}", body: "{body}"}'
MAIL = f"""\
  - name: mails
    kind: smtp
    host: localhost
    security: none
    sender: post@westmere.example
    letter: {LETTER}
"""
REPORTS = """\
desk:
  reports: {daily: [ict@westmere.example], target: mails}
"""


def main(mail: str = MAIL, reports: str = REPORTS) -> str:
    return MAIN.replace("schedule:", f"{mail}schedule:") + reports


def told(folder: Path) -> str:
    with pytest.raises(MistakesInConfig) as raised:
        load_settings(folder)
    (mistake,) = raised.value.mistakes
    return str(mistake)


def test_a_sound_target_for_reports_is_neither_a_mistake_nor_unused(write_config: WriteConfig) -> None:
    settings = load_settings(write_config({"postroom.yaml": main()}))
    assert settings.desk.reports.target == "mails"
    assert not [one for one in settings.warnings if "mails" in str(one)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ict@westmere.example", "ict at westmere"), "desk.reports.daily[1]: This is no mail address."),
        (("target: mails", "target: mail"), 'There is no target "mail". Did you mean "mails"?'),
        (("target: mails", "target: register"), 'The target "register" sends no mail. Name one of kind smtp'),
        ((", target: mails", ""), "The reports have addresses and no `target` that sends them. Allowed: mails."),
        ((LETTER, LETTER.replace("{to}", "{email}")), 'The letter of target "mails" needs email'),
        ((LETTER, LETTER.replace("{body}", "Hello")), 'The letter of target "mails" would not be the report.'),
        ((LETTER, LETTER.replace("{to}", "a@b.example")), 'The letter of target "mails" would not be the report.'),
    ],
)
def test_each_mistake_is_told_with_its_remedy(write_config: WriteConfig, change: tuple[str, str], words: str) -> None:
    assert words in told(write_config({"postroom.yaml": main().replace(*change)}))


LETTERS = "desk: {letters: mails}\n"


def test_a_sound_target_for_letters_to_senders_is_neither_a_mistake_nor_unused(write_config: WriteConfig) -> None:
    settings = load_settings(write_config({"postroom.yaml": main(reports=LETTERS)}))
    assert settings.desk.letters == "mails"
    assert not [one for one in settings.warnings if "mails" in str(one)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("letters: mails", "letters: mail"), 'There is no target "mail". Did you mean "mails"?'),
        (("letters: mails", "letters: register"), 'The target "register" sends no mail. Name one of kind smtp'),
        ((LETTER, LETTER.replace("{to}", "{email}")), "needs email, which a letter to a sender does not have"),
        ((LETTER, LETTER.replace("{body}", "Hello")), "would not be the letter to a sender"),
    ],
)
def test_a_target_that_cannot_write_to_senders_is_told(
    write_config: WriteConfig, change: tuple[str, str], words: str
) -> None:
    assert words in told(write_config({"postroom.yaml": main(reports=LETTERS).replace(*change)}))
