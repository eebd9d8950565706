"""The `postroom` command; each module beside this one holds one group of its subcommands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from desk.cli import (
    checking,
    evaluating,
    evidence,
    exceptions,
    items,
    outcomes,
    pausing,
    people,
    reading,
    reporting,
    running,
    serving,
)
from desk.cli.commands import Commands
from desk.cli.printing import aside, print_error
from desk.cli.session import Session
from postroom.errors import ConfigError, PostroomError

EVERYWHERE = {"--config": 1, "--data": 1, "--verbose": 0}
"""Options that may stand before or after the subcommand's name, with how many values follow each."""

app = typer.Typer(
    name="postroom",
    cls=Commands,
    help="The digital post room: reads post, extracts fields, keys them into back-office systems.",
    epilog="First steps: postroom demo, postroom check, postroom run --once. The options above may also stand after "
    "the command's name.",
    subcommand_metavar="COMMAND",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _choices(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration folder.", envvar="POSTROOM_CONFIG", metavar="DIR")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The folder for all that is kept.", envvar="POSTROOM_DATA", metavar="DIR")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show where in the code an error arose.")] = False,
) -> None:
    context.obj = Session(config, data, verbose)


for _group in (
    running,
    serving,
    pausing,
    items,
    evidence,
    reporting,
    exceptions,
    outcomes,
    reading,
    evaluating,
    checking,
    people,
):
    _group.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 work failed, 2 wrong use or configuration."""
    given = to_the_front(sys.argv[1:] if arguments is None else arguments)
    verbose = "--verbose" in given
    try:
        app(args=given, prog_name="postroom")
    except ConfigError as error:
        print_error(error, verbose=verbose)
        sys.exit(2)
    except PostroomError as error:
        print_error(error, verbose=verbose)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        if verbose:
            raise
        # The message of an unforeseen error may hold words of a letter; its type cannot.
        aside().print(f"Something unforeseen went wrong ({type(error).__name__}).", style="bold red")
        aside().print("Run it again with --verbose to see where; that output may hold words from the post.")
        sys.exit(1)


def to_the_front(arguments: list[str]) -> list[str]:
    """Move options that count everywhere before the subcommand's name, where the parser expects them."""
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--":
            return front + rest + arguments[position:]
        length = 1 + EVERYWHERE.get(word, 0)
        moves = word in EVERYWHERE or word.partition("=")[0] in EVERYWHERE
        (front if moves else rest).extend(arguments[position : position + length])
        position += length
    return front + rest
