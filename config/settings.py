"""Everything a council may change, read from one folder of YAML files and checked as a whole."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from config.connections import Connection, Role, read_connection
from config.crosschecks import (
    check_ledger,
    check_mailboxes,
    check_mappings,
    check_names,
    check_processes,
    entries_of,
    target_names,
    warn,
)
from config.desk import DeskSettings, Nation
from config.desk_checks import check_letters, check_reports
from config.explain import validate
from config.mistakes import Mistake, MistakesInConfig
from config.secrets import SecretReference, fetch_secret
from config.sign_in import AccountsSignIn, SignIn, check_sign_in
from config.yaml_file import Below, YamlFile, read_yaml
from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.triage.rules import TriageRules
from postroom.errors import ConfigError
from postroom.notice import Notice, Notices
from postroom.process import Model, Process

MAIN_FILE = "postroom.yaml"
M = TypeVar("M", bound=Model)


class Schedule(Model):
    """How often `postroom run` and `postroom serve` run the line."""

    intake_seconds: int = Field(
        60, ge=5, description="Seconds between two runs of the line, from the inboxes to the targets."
    )


class MainFile(Model):
    """What postroom.yaml holds."""

    council: str = Field(min_length=1, description="The council's name, as reports show it.")
    domains: tuple[str, ...] = Field(
        (), description="The council's own mail domains; an address in one of them is never a resident's."
    )
    data: str = Field("", description="Folder for everything that is kept; left out, `var` beside this folder.")
    ledger: str | SecretReference = Field(
        "", description="Database address of the ledger, or where it is kept secret; left out, SQLite among the data."
    )
    limits: Limits = Field(Limits(), description="How large and how deep post may be.")
    ocr: OcrSettings = Field(OcrSettings(), description="How scans are read.")
    schedule: Schedule = Field(Schedule(), description="How often `postroom run` and `postroom serve` run the line.")
    concurrency: int = Field(2, ge=1, le=64, description="How many messages are read at one time.")
    desk: DeskSettings = Field(DeskSettings(), description="How people work at the desk.")
    sign_in: SignIn = Field(AccountsSignIn(kind="accounts"), description="How people sign in at the desk, by `kind`.")
    tell: tuple[str, ...] = Field(
        (), description="Targets that are told of each item that waits for a person, without a word of the post."
    )
    inboxes: tuple[dict[str, Any], ...] = Field((), description="Where post comes from.")
    targets: tuple[dict[str, Any], ...] = Field((), description="Where fields go.")


@dataclass(frozen=True)
class Settings:
    """The whole configuration, checked; secrets are fetched only by `Connection.settings`."""

    folder: Path
    data: Path
    main: MainFile
    triage: TriageRules
    processes: tuple[Process, ...]
    inboxes: tuple[Connection, ...]
    targets: tuple[Connection, ...]
    warnings: tuple[Mistake, ...] = field(default=())
    """What is odd but stops nothing."""

    @property
    def council(self) -> str:
        """The council's name."""
        return self.main.council

    @property
    def limits(self) -> Limits:
        """How large and how deep post may be."""
        return self.main.limits

    @property
    def ocr(self) -> OcrSettings:
        """How scans are read."""
        return self.main.ocr

    @property
    def schedule(self) -> Schedule:
        """How often `postroom run` and `postroom serve` run the line."""
        return self.main.schedule

    @property
    def concurrency(self) -> int:
        """How many messages are read at one time."""
        return self.main.concurrency

    @property
    def desk(self) -> DeskSettings:
        """How people work at the desk."""
        return self.main.desk

    @property
    def sign_in(self) -> SignIn:
        """How people sign in at the desk."""
        return self.main.sign_in

    @property
    def notices(self) -> Notices:
        """Who is told of items that wait for a person, by process id."""
        told = self.main.tell
        return {one.id: Notice(one.tell or told, one.title, one.team) for one in self.processes} | {
            "": Notice(told, "Post")
        }

    @property
    def documents(self) -> Path:
        """The folder of the documents' bytes."""
        return self.data / "documents"

    @property
    def ledger_url(self) -> str:
        """The database address of the ledger; may hold a password, so never shown or logged."""
        if isinstance(self.main.ledger, SecretReference):
            return fetch_secret(self.main.ledger, self.data, "the ledger").get_secret_value()
        return self.main.ledger or f"sqlite:///{self.data / 'postroom.db'}"

    def process(self, process_id: str) -> Process:
        """Return a process by its id.

        Raises:
            ConfigError: There is none of that id.
        """
        found = next((process for process in self.processes if process.id == process_id), None)
        if found is None:
            known = ", ".join(process.id for process in self.processes)
            raise ConfigError(f'There is no process "{process_id}".', hint=f"Configured: {known}.")
        return found


def config_folder(chosen: Path | None) -> Path:
    """Return the configuration folder: the one chosen, else POSTROOM_CONFIG, else the one that comes with the code."""
    named = chosen or (Path(os.environ["POSTROOM_CONFIG"]) if os.environ.get("POSTROOM_CONFIG") else None)
    return (named or Path(__file__).parent).expanduser().resolve()


def load_settings(folder: Path | None = None, data: Path | None = None) -> Settings:
    """Read and check the whole configuration.

    Args:
        folder: The configuration folder; None for POSTROOM_CONFIG or the one that comes with the code.
        data: The folder for everything that is kept; None for POSTROOM_DATA, or what postroom.yaml says.

    Raises:
        MistakesInConfig: Every mistake of every file at once.
    """
    folder = config_folder(folder)
    if not folder.is_dir():
        raise ConfigError(f"There is no configuration folder {folder}.", hint="Correct --config or POSTROOM_CONFIG.")
    reading = _Reading(folder)
    main_file, main = reading.main()
    kept_in = data_folder(folder, data, main)
    settings = Settings(
        folder=folder,
        data=kept_in,
        main=main,
        triage=reading.triage(),
        processes=reading.by_nation(reading.processes(), main.desk.nation),
        inboxes=reading.connections("inbox", main_file, kept_in),
        targets=reading.connections("target", main_file, kept_in),
    )
    reading.check(main_file)
    if reading.mistakes:
        raise MistakesInConfig(reading.mistakes)
    return Settings(**{**vars(settings), "warnings": tuple(reading.warnings)})


def data_folder(folder: Path, chosen: Path | None, main: MainFile) -> Path:
    """Return the folder for all that is kept: the one chosen, else POSTROOM_DATA, else what postroom.yaml says."""
    named = chosen or (Path(os.environ["POSTROOM_DATA"]) if os.environ.get("POSTROOM_DATA") else None)
    if named:
        return named.expanduser().resolve()
    return (folder / Path(main.data).expanduser()).resolve() if main.data else folder.parent / "var"


class _Reading:
    """One reading of a configuration folder; gathers mistakes and goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []
        self.process_files: list[YamlFile] = []

    def main(self) -> tuple[YamlFile, MainFile]:
        file = self._read(self.folder / MAIN_FILE)
        checked = self._validate(MainFile, file) if file else None
        return file or YamlFile(self.folder / MAIN_FILE, MAIN_FILE, {}), checked or MainFile(council="?")

    def triage(self) -> TriageRules:
        path = self.folder / "triage.yaml"
        file = self._read(path) if path.exists() else None
        rules = self._validate(TriageRules, file) if file else None
        return rules or TriageRules()

    def processes(self) -> tuple[Process, ...]:
        found = []
        for path in sorted((self.folder / "processes").glob("*.y*ml")):
            file = self._read(path)
            if file:
                self.process_files.append(file)
                found.append(self._validate(Process, file))
        return tuple(process for process in found if process)

    @staticmethod
    def by_nation(processes: tuple[Process, ...], nation: Nation) -> tuple[Process, ...]:
        """Return the processes, each with the holidays of the council's nation where it names none."""
        return tuple(one if one.holidays else one.model_copy(update={"holidays": nation}) for one in processes)

    def connections(self, role: Role, file: YamlFile, data_folder: Path) -> tuple[Connection, ...]:
        key = "inboxes" if role == "inbox" else "targets"
        entries = file.data.get(key) if isinstance(file.data, dict) else None
        found = []
        for place, entry in enumerate(entries if isinstance(entries, list) else []):
            if not isinstance(entry, dict):
                continue
            connection, mistakes = read_connection(role, Below(file, (key, place)), entry, self.folder, data_folder)
            self.mistakes += mistakes
            if connection:
                found.append(connection)
        return tuple(found)

    def check(self, main_file: YamlFile) -> None:
        self.mistakes += check_names(main_file)
        self.mistakes += check_ledger(main_file)
        self.mistakes += check_mailboxes(main_file)
        self.mistakes += check_reports(main_file)
        self.mistakes += check_letters(main_file)
        self.mistakes += check_processes(self.process_files, target_names(main_file))
        self.mistakes += check_mappings(self._descriptions(main_file), main_file, self.process_files)
        self.warnings += warn(main_file, self.process_files)
        self.warnings += check_sign_in(main_file, self.process_files)

    def _descriptions(self, main_file: YamlFile) -> dict[str, YamlFile]:
        """Return the files that describe targets; what is wrong with their form was told with the target."""
        found = {}
        for entry in entries_of(main_file, "targets"):
            path = self.folder / str(entry.get("description", ""))
            if entry.get("name") and path.is_file():
                file, _ = read_yaml(path, str(entry["description"]))
                found[str(entry["name"])] = file
        return {name: file for name, file in found.items() if isinstance(file.data, dict)}

    def _read(self, path: Path) -> YamlFile | None:
        file, mistakes = read_yaml(path, str(path.relative_to(self.folder)))
        self.mistakes += mistakes
        if not mistakes and not isinstance(file.data, dict):
            self.mistakes.append(file.mistake((), "Expected keys with values.", "Write lines such as `key: value`."))
        return file if isinstance(file.data, dict) and (file.data or not mistakes) else None

    def _validate(self, model: type[M], file: YamlFile) -> M | None:
        checked, mistakes = validate(model, file, file.data)
        self.mistakes += mistakes
        return checked
