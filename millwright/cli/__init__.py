"""The command line. A stage's commands are found by entry point and loaded only when they are used."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import EntryPoint, entry_points

import click
from rich.console import Console
from rich.markup import escape

from millwright.errors import MillwrightError
from millwright.logs import JsonLines, Said, begin, is_json


class LazyGroup(click.Group):
    """A group whose commands are entry points of `millwright.commands`; the name's second line is its help."""

    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="millwright.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._points()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None and (point := self._points().get(cmd_name)):
            try:
                command = point.load()
            except ModuleNotFoundError as error:
                extra = ",".join(point.dist.metadata.get_all("Provides-Extra") or []) if point.dist else ""
                raise MillwrightError(
                    f"`millwright {cmd_name}` needs the package {error.name!r}, which is not installed.",
                    f"Install the extra that holds it ({extra}), or run `make setup`.",
                ) from None
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Millwright: the data platform that a factory's engineers can run themselves."""
    if is_json():  # as text, only services log: other commands show what they did
        begin()


def main() -> None:
    """Run the command line; a MillwrightError ends it with one sentence, the next step and exit status 1."""
    try:
        cli(standalone_mode=False)
    except MillwrightError as error:
        if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
            logging.getLogger("millwright").error(Said(error.message, {"remedy": error.remedy}))
            sys.exit(1)
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]Error:[/] {escape(error.message)}", soft_wrap=True)
        if error.remedy:
            console.print(error.remedy, soft_wrap=True, markup=False)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
