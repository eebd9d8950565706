"""The group of all subcommands, with help that shows what follows an option and nothing behind a switch."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Commands(TyperGroup):
    """Lists subcommands in the order in which they were registered."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options that stand before the subcommand's name."""
        return _without_types(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a subcommand; asking it for its options keeps the changed ones, `--help` among them."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _without_types(command.get_params(ctx))
        return command


def _without_types(params: list[Any]) -> list[Any]:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params
