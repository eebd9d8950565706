"""`postroom evaluate`: how well the line does on a folder of labelled post."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import aside, print_json, print_line, print_table
from desk.cli.session import AsJson, session_of

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.figures import Calibration, EvaluationReport, Score, Share


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("evaluate", rich_help_panel="Reading files, outside the ledger")(evaluate_folder)


def evaluate_folder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Holds labels.jsonl and the files it names.", metavar="DIR")],
    workers: Annotated[int, typer.Option(help="Files read at one time; 0 for one a core.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure triage and fields on labelled post, by process and kind, and list what is wrong."""
    report = _evaluate(folder, session_of(context).settings, workers)
    if as_json:
        print_json(report.as_dict())
    else:
        _show(report)
    if report.failed:
        raise typer.Exit(1)


def _evaluate(folder: Path, settings: Settings, workers: int) -> EvaluationReport:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from desk.evaluating import evaluate

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=aside(), transient=True, disable=not aside().is_terminal) as bar:
        task = bar.add_task("Reading", total=None)

        def progress(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        return evaluate(folder, settings, progress, workers)


def _show(report: EvaluationReport) -> None:
    rows = [(row.process, row.kind, *_share(row.triage), *_score(row.fields)) for row in report.rows]
    rows += [("all", kind, *_share(share), *_score(report.fields_by_kind[kind]))
             for kind, share in report.triage_by_kind.items()]  # fmt: skip
    rows.append(("all", "all", *_share(report.triage), *_score(report.fields)))
    headings = ("Process", "Kind", "Items", "Triage", "Precision", "Recall", "F1")
    print_table(headings, rows, title="Triage and fields", right=headings[2:])
    _show_wrong(report)
    _show_calibration("How sure triage says it is", report.triage_calibration)
    _show_calibration("How sure fields say they are", report.field_calibration)
    straight, right = report.straight_through, report.straight_through_right
    print_line(
        f"Straight through: {_part(straight)} of the items with a process; wholly right among them: {_part(right)}."
    )
    print_line(f"Items that could go straight through while 99.5 % are right: {_part(report.coverage_when_strict)}.")
    print_line(f"{report.files} files in {report.seconds:.0f} s; items no label accounts for: {report.superfluous}.")
    for file, reason in report.failed.items():
        print_line(f"Not read: {file}: {reason}", "red")


def _show_wrong(report: EvaluationReport) -> None:
    if not report.wrong:
        print_line("Nothing is wrong.", "green")
        return
    rows = [
        (one.file, one.process, one.field or "(process)", one.expected, one.got, f"{one.confidence:.2f}")
        for one in report.wrong
    ]
    print_table(("File", "Process", "Field", "Expected", "Got", "Sure"), rows, title="Wrong", right=("Sure",))


def _show_calibration(title: str, calibration: Calibration) -> None:
    rows = [
        (f"{one.low:.2f} to {one.high:.2f}", str(one.count), f"{one.stated:.3f}", f"{one.right:.3f}")
        for one in calibration.bins
        if one.count
    ]
    headings = ("Sure", "How many", "Stated", "Right")
    print_table(headings, rows, title=f"{title} (mean distance {calibration.error:.3f})", right=headings)


def _share(share: Share) -> tuple[str, str]:
    return str(share.whole), f"{share.value:.3f}" if share.whole else ""


def _score(score: Score) -> tuple[str, str, str]:
    if score.right + score.wrong + score.missed == 0:
        return "", "", ""
    return f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}"


def _part(share: Share) -> str:
    return f"{share.part} of {share.whole} ({share.value:.1%})" if share.whole else "none"
