"""The documents say what the code does: every command, setting, error and target, and every link leads somewhere."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from config.settings import load_settings
from desk.cli import app, main
from postroom import errors
from scripts import make_settings_page

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LARGEST_PICTURE = 300_000


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_blocks(page: str) -> dict[str, str]:
    """Return the page's files: blocks whose first line is a comment with the file's name."""
    found = re.findall(r"^```(?:yaml|python)\n# (\S+)\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)
    return dict(found)


def test_every_fact_about_microsoft_has_its_test() -> None:
    named = re.findall(r"^\|.*\| `(test_\w+)` \|$", text("docs/microsoft-facts.md"), re.MULTILINE)
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 40
    assert [name for name in named if f"def {name}(" not in written] == []


def headings(page: str) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", line.lower()).replace(" ", "-") for line in lines}


def test_every_error_has_its_section_and_every_section_its_error() -> None:
    known = {name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, Exception)}
    sections = set(re.findall(r"^## (\w+)$", text("docs/errors.md"), re.MULTILINE))
    assert sections == known


def test_every_error_section_says_when_what_happens_and_what_to_do() -> None:
    for section in text("docs/errors.md").split("\n## ")[2:]:
        for words in ("**When.**", "**What happens.**", "**What to do.**"):
            assert words in section, section.splitlines()[0]


def commands() -> set[str]:
    return set(getattr(get_command(app), "commands", {}))


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"postroom {command}\b", re.sub(r"\s+", " ", text("README.md")))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_command_that_is_not_there(page: str) -> None:
    named = set(re.findall(r"`postroom ([a-z][a-z-]*)", text(page)))
    assert named <= commands()


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", text("Makefile"), re.MULTILINE))


def test_the_readme_has_every_target_of_make() -> None:
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", text("README.md"), re.MULTILINE)) == make_targets() | {"help"}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_target_of_make_that_is_not_there(page: str) -> None:
    named = set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", text(page), re.MULTILINE))
    assert named <= make_targets() | {"help"}


def test_the_page_of_settings_is_current() -> None:
    assert text("docs/settings.md") == make_settings_page.page(), "Run `make docs`."


def test_every_setting_is_described_in_a_sentence() -> None:
    for title, top in make_settings_page.parts():
        for model in make_settings_page.models_in(top):
            for key, field in make_settings_page.keys_of(model).items():
                said = field.description or ""
                assert said.endswith((".", "?", ")")), f"{title}, {model.__name__}.{key}"


def test_every_key_of_a_process_is_explained_where_a_process_is_added() -> None:
    page = text("docs/adding-a-process.md")
    for model in make_settings_page.models_in(dict(make_settings_page.parts())["processes/*.yaml"]):
        if model.__name__.endswith("Check"):
            continue
        for key in make_settings_page.keys_of(model):
            assert re.search(rf"`[\w.]*\b{key}`", page) or f"{key}:" in page, f"{model.__name__}.{key}"


def links(page: str) -> Iterator[str]:
    without_code = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_leads_somewhere(page: str) -> None:
    for link in links(page):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        goal = (ROOT / page).parent / place if place else ROOT / page
        assert goal.exists(), link
        assert not anchor or anchor in headings(goal.relative_to(ROOT).as_posix()), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        for link in links(page):
            goal = ((ROOT / page).parent / link.partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal.is_file():
                name = goal.relative_to(ROOT).as_posix()
                waiting += [name] if name not in seen else []
    assert seen == set(PAGES)


def pictures(page: str) -> Iterator[tuple[str, Path]]:
    """Yield the words and the file of each picture on a page."""
    for words, link in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text(page)):
        yield words, ((ROOT / page).parent / link).resolve()


def test_every_picture_is_shown_is_small_and_has_words_for_it() -> None:
    shown = [one for page in PAGES for one in pictures(page)]
    kept = set((ROOT / "docs" / "pictures").rglob("*.*"))
    assert {path for _, path in shown} == kept
    assert all(len(words) > 20 for words, _ in shown)
    for path in kept:
        assert path.stat().st_size <= LARGEST_PICTURE, path.name


def test_each_word_of_the_glossary_has_one_meaning_and_is_not_another_words_not() -> None:
    rows = re.findall(r"^\| (\*\*.+?) \| (.+?) \| (.*?) \|$", text("docs/glossary.md"), re.MULTILINE)
    words = [word for said, _, _ in rows for word in re.findall(r"\*\*(.+?)\*\*", said)]
    assert len(words) == len(set(words))
    for said, _, instead in rows:
        assert not set(re.findall(r"[\w-]+(?: [\w-]+)*", instead)) & set(words), said


def test_decisions_are_numbered_listed_and_complete() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert [page[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        told = text(f"docs/decisions/{page}")
        assert re.findall(r"^## (.+)$", told, re.MULTILINE) == ["Context", "Decision", "Consequences"], page
        title = told.splitlines()[0].removeprefix(f"# {page[:4]} ")
        assert f"[{page[:4]}]({page}) | {title} |" in text("docs/decisions/README.md"), page


@pytest.fixture
def worked_example(tmp_path: Path) -> Path:
    """The configuration that docs/adding-a-process.md builds up."""
    folder = tmp_path / "config"
    for name, content in code_blocks("docs/adding-a-process.md").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copy(ROOT / "config" / "triage.yaml", folder)
    letter = re.search(r"^```\n(From: .*?)^```", text("docs/adding-a-process.md"), re.MULTILINE | re.DOTALL)
    assert letter
    (tmp_path / "letter.eml").write_text(letter[1], encoding="utf-8")
    return tmp_path


def test_the_worked_process_is_sound(worked_example: Path) -> None:
    settings = load_settings(worked_example / "config", worked_example / "var")
    assert [process.id for process in settings.processes] == ["taxi-licence"]
    assert not settings.warnings


def test_the_worked_process_reads_its_letter_as_the_page_says(
    worked_example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--config", str(worked_example / "config"), "--data", str(worked_example / "var")]
    with pytest.raises(SystemExit) as left:
        main([*folders, "extract", str(worked_example / "letter.eml"), "--json"])
    assert not left.value.code
    row = json.loads(capsys.readouterr().out)
    assert (row["process"], row["disposition"]) == ("taxi-licence", "straight-through")
    page = text("docs/adding-a-process.md")
    assert row["fields"]
    for name, field in row["fields"].items():
        assert re.search(rf"^ {name} +{re.escape(field['value'])} +0\.\d\d ", page, re.MULTILINE), name


def test_the_worked_connector_keeps_to_the_contract(tmp_path: Path) -> None:
    blocks = code_blocks("docs/adding-a-connector.md")
    connector, test = blocks["connectors/csv_file.py"], blocks["tests/connectors/test_csv_file.py"]
    (tmp_path / "csv_file.py").write_text(connector, encoding="utf-8")
    (tmp_path / "test_csv_file.py").write_text(test.replace("connectors.csv_file", "csv_file"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout


def test_the_councils_first_configuration_in_the_readme_is_sound(tmp_path: Path) -> None:
    found = re.findall(r"^ *```yaml\n(.*?)^ *```", text("README.md"), re.MULTILINE | re.DOTALL)
    first, deliver, mailbox = map(dedent, found)
    yaml = YAML(typ="safe")
    main_file = yaml.load(first)
    main_file["inboxes"] += yaml.load(mailbox)
    process = yaml.load(text("config/processes/complaint.yaml")) | yaml.load(deliver)
    (tmp_path / "processes").mkdir()
    yaml.dump(main_file, tmp_path / "postroom.yaml")
    yaml.dump(process, tmp_path / "processes" / "complaint.yaml")
    settings = load_settings(tmp_path, tmp_path / "var")
    assert [inbox.kind for inbox in settings.inboxes] == ["folder", "imap"]
    assert not settings.warnings
