"""Every kind of mistake tells its file, line, key and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from config.mistakes import Mistake, MistakesInConfig
from config.settings import load_settings
from tests.config.conftest import API, MAIN, PROCESS, TRIAGE, WriteConfig

P = "processes/skip-permit.yaml"
M = "postroom.yaml"


class Case(NamedTuple):
    """One mistake: what is put in the place of what, and what must be told."""

    name: str
    file: str
    old: str
    new: str
    line: int
    key: str
    message: str
    hint: str = ""


CASES = [
    Case("tab", P, "  full_name:\n    type", "  full_name:\n\ttype", 5, "", "not YAML", "Indent with spaces"),
    Case("bad indent", P, "    required: true", "   required: true", 6, "", "not YAML", "same column"),
    Case("unclosed quote", P, "title: Skip permit", 'title: "Skip permit', 2, "", "never closed", "Close it"),
    Case("backslash in double quotes", P, r"'SK-\d{4}'", r'"SK-\d{4}"', 12, "", "not YAML", "single ones"),
    Case("colon in value", P, "title: Skip permit", "title: Permit: skips", 2, "", "not YAML", "quotation marks"),
    Case("unclosed bracket", P, "[from, placed on]", "[from, placed on", 10, "", "not YAML", "bracket"),
    Case("value begins with @", P, "title: Skip permit", "title: @skip", 2, "", "not YAML", "quotation marks"),
    Case("two documents", P, "title: Skip permit", "---\ntitle: Skip permit", 2, "", "not YAML", "three dashes"),
    Case("duplicate key", P, "title: Skip permit", "title: Skip\ntitle: Permit", 3, "title",
         "second time, first on line 2"),
    Case("custom tag", P, "title: Skip permit", "title: !!python/name:os.system x", 2, "title", "tag", "value alone"),
    Case("unknown key", P, "    labels:", "    lables:", 9, "fields.placed_on.lables", "not a setting", '"labels"'),
    Case("unknown key at top", M, "schedule:", "shedule:", 16, "shedule", "not a setting", 'Did you mean "schedule"?'),
    Case("missing key", P, "title: Skip permit\n", "", 1, "title", '"title" is missing', "as people read it"),
    Case("missing for misspelt", P, "title:", "titel:", 1, "title", '"title" is missing', 'by "titel"'),
    Case("wrong type, text for list", P, "[from, placed on]", "from", 9, "fields.placed_on.labels", 'a list', ""),
    Case("wrong type, list for text", P, "title: Skip permit", "title: [Skip]", 2, "title",
         "Expected text, found a list"),
    Case("group for list", P, "deliver:\n  - target: permits\n    fields: {full_name: applicant}\n  - target: register",
         "deliver:\n  target: permits", 19, "deliver", "a list"),
    Case("text for group", P, "{full_name: applicant}", "applicant", 21, "deliver[1].fields", "a group of keys"),
    Case("text for number", M, "intake_seconds: 60", "intake_seconds: soon", 17, "schedule.intake_seconds",
         "whole number"),
    Case("text for yes or no", P, "required: true", "required: often", 6, "fields.full_name.required", "yes or no"),
    Case("empty value", P, "title: Skip permit", "title:", 2, "title", "no value after the key", "remove the key"),
    Case("value not allowed", P, "type: date", "type: dat", 8, "fields.placed_on.type", "not one of", '"date"'),
    Case("number out of range", M, "intake_seconds: 60", "intake_seconds: 1", 17, "schedule.intake_seconds",
         "out of range", "at least 5"),
    Case("share out of range", P, "title: Skip permit", "title: S\naccuracy: 98", 3, "accuracy", "out of range",
         "less than 1"),
    Case("bad form", P, "id: skip-permit", "id: Skip Permit", 1, "id", "right form", "^[a-z]"),
    Case("bad regex", P, r"SK-\d{4}", r"SK-(\d{4}", 12, "fields.permit.patterns[1]", "at character 4", "backslash"),
    Case("choice without choices", P, "    choices: {yes: [on the road], no: [on the drive]}\n", "", 13, "fields.road",
         "needs `choices`", "List each"),
    Case("choices of a date", P, "type: choice", "type: date", 15, "fields.road.choices", "no choices", "type: choice"),
    Case("fallback of the wrong type", P, "    labels:", "    fallback: sender-name\n    labels:", 9,
         "fields.placed_on.fallback", "cannot serve", "name or text"),
    Case("least over greatest", P, "    labels:", "    minimum: 5\n    maximum: 1\n    labels:", 9,
         "fields.placed_on.minimum", "more than the greatest", "Exchange"),
    Case("check of an unknown field", P, "[full_name, road]", "[full_name, raod]", 18, "checks[1].fields[2]",
         "not a field", '"road"'),
    Case("unknown kind of check", P, "kind: different", "kind: diferent", 17, "checks[1]", "not one of", '"different"'),
    Case("check without kind", P, "  - kind: different\n    fields", "  - fields", 17, "checks[1]", "missing",
         "which kind"),
    Case("unknown target", P, "target: permits", "target: permit", 20, "deliver[1].target", "no target", '"permits"'),
    Case("target twice", P, "target: register", "target: permits", 22, "deliver[2].target", "named twice", "once"),
    Case("unknown field delivered", P, "{full_name: applicant}", "{name: applicant}", 21, "deliver[1].fields.name",
         "not a field", '"full_name"'),
    Case("unknown kind of inbox", M, "kind: folder", "kind: foldr", 5, "inboxes[1].kind", "not a kind of inbox",
         '"folder"'),
    Case("no kind", M, "    kind: excel\n", "", 13, "targets[2].kind", "does not say which kind", "Allowed: excel"),
    Case("name twice", M, "name: register", "name: permits", 13, "targets[2].name", "used twice", "of its own"),
    Case("no such description", M, "apis/permits.yaml", "apis/permit.yaml", 10, "targets[1].description", "no file",
         '"apis/permits.yaml"'),
    Case("literal secret", M, "{env: WESTMERE_KEY}", "hunter2", 12, "targets[1].authentication.key", "plain text",
         "{env: NAME}"),
    Case("misspelt secret reference", M, "{env: WESTMERE_KEY}", "{enw: WESTMERE_KEY}", 12,
         "targets[1].authentication.key.enw", "not a setting", '"env"'),
    Case("bad URL", M, "https://office.example", "office.example", 11, "targets[1].base_url", "right form", "https?"),
    Case("bad workbook name", M, "permits.xlsx", "permits.xls", 15, "targets[2].path", "must end in .xlsx"),
    Case("unknown setting of a connector", M, "    path: inbox", "    paht: inbox", 6, "inboxes[1].paht",
         "not a setting",
         '"path"'),
    Case("mistake in the description", "apis/permits.yaml", "create: {path: /permits, reference: id}",
         "create: {path: /permits, referense: id}", 2, "create.referense", "not a setting", '"reference"'),
    Case("unknown field in a description", "apis/permits.yaml", "applicant: {path: name}", "aplicant: {path: name}", 6,
         "fields.aplicant", "No process delivers", '"applicant"'),
    Case("unknown field in a column", M, "path: permits.xlsx", "path: permits.xlsx\n    columns: [{field: raod}]", 16,
         "targets[2].columns[1].field", "No process delivers", '"road"'),
    Case("password in the ledger's address", M, "schedule:", "ledger: postgresql://robot:hunter2@db/post\nschedule:",
         16,
         "ledger", "plain text", "{env: NAME}"),
    Case("triage", "triage.yaml", "thanks:", "thank:", 1, "thank", "not a setting", '"thanks"'),
]  # fmt: skip

SOUND = {M: MAIN, P: PROCESS, "apis/permits.yaml": API, "triage.yaml": TRIAGE}


def mistakes_of(folder: Path) -> tuple[Mistake, ...]:
    with pytest.raises(MistakesInConfig) as caught:
        load_settings(folder)
    return caught.value.mistakes


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_mistake_tells_file_line_key_and_remedy(case: Case, write_config: WriteConfig) -> None:
    sound = SOUND[case.file]
    assert case.old in sound
    found = mistakes_of(write_config({case.file: sound.replace(case.old, case.new, 1)}))
    assert (case.file, case.line, case.key) in [(one.file, one.line, one.key) for one in found], found
    told = next(one for one in found if (one.file, one.line, one.key) == (case.file, case.line, case.key))
    assert case.message in told.message
    assert case.hint in told.hint


def test_no_mistake_repeats_a_secret(write_config: WriteConfig) -> None:
    changed = MAIN.replace("{env: WESTMERE_KEY}", "hunter2").replace(
        "schedule:", "ledger: pg://a:hunter2@b/c\nshedule:"
    )
    assert "hunter2" not in str(mistakes_of(write_config({M: changed})))


def test_the_sound_configuration_has_no_mistake(write_config: WriteConfig) -> None:
    settings = load_settings(write_config())
    assert settings.council == "Westmere Borough Council"
    assert settings.warnings == ()


def test_all_mistakes_of_all_files_are_told_at_once(write_config: WriteConfig) -> None:
    names = {"unknown key", "bad regex", "unknown target", "literal secret", "mistake in the description", "triage"}
    chosen = [case for case in CASES if case.name in names]
    files = dict(SOUND)
    for case in chosen:
        files[case.file] = files[case.file].replace(case.old, case.new, 1)
    told = {(one.file, one.key) for one in mistakes_of(write_config(files))}
    assert told >= {(case.file, case.key) for case in chosen}


def test_an_empty_file_is_told(write_config: WriteConfig) -> None:
    (told,) = mistakes_of(write_config({"processes/new.yaml": "# to be written\n"}))
    assert (told.file, told.line) == ("processes/new.yaml", 1)
    assert "empty" in told.message


def test_a_file_that_is_not_utf_8_is_told_with_its_line(write_config: WriteConfig) -> None:
    content = PROCESS.replace("Skip permit", "Sgip £").encode("cp1252")
    (told,) = mistakes_of(write_config({P: content}))
    assert (told.file, told.line) == (P, 2)
    assert "UTF-8" in told.message


def test_a_list_where_keys_belong_is_told(write_config: WriteConfig) -> None:
    (told,) = mistakes_of(write_config({"triage.yaml": "- a\n"}))
    assert "Expected keys" in told.message


def test_two_processes_of_one_id_are_told(write_config: WriteConfig) -> None:
    (told,) = mistakes_of(write_config({"processes/zz.yaml": PROCESS}))
    assert (told.file, told.line, told.key) == ("processes/zz.yaml", 1, "id")
    assert P in told.message


def test_a_missing_main_file_is_told(write_config: WriteConfig) -> None:
    folder = write_config()
    (folder / M).unlink()
    assert ("postroom.yaml", "There is no such file.") in [(one.file, one.message) for one in mistakes_of(folder)]


def test_an_alias_to_itself_is_told(write_config: WriteConfig) -> None:
    found = mistakes_of(write_config({P: PROCESS.replace("[from, placed on]", "&again [*again]")}))
    assert any("nested without end" in one.message for one in found)
