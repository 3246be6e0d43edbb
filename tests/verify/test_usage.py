"""Bad usage of a command line is one sentence; its exit codes pass through."""

import re
from typing import Annotated

import pytest
import typer

from verify import usage


@pytest.fixture
def app():
    made = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

    @made.command()
    def end(code: int, late: Annotated[bool, typer.Option(help="Whether it ends late.")] = False) -> None:
        """End with a code."""
        raise typer.Exit(code + late)

    @made.command()
    def stop() -> None:
        """Be stopped from the keyboard."""
        raise KeyboardInterrupt

    return made


@pytest.mark.parametrize(("arguments", "code"), [(["end", "0"], 0), (["end", "3"], 3), (["end", "3", "--late"], 4)])
def test_the_code_of_a_command_is_that_of_the_run(app, arguments, code):
    assert usage.run(app, arguments, "tool") == code


@pytest.mark.parametrize(
    ("arguments", "command", "told"),
    [
        (["end"], "tool end", "Missing argument"),
        (["end", "1", "--lat"], "tool end", "No such option: --lat"),
        (["and"], "tool", "No such command 'and'"),
    ],
)
def test_bad_usage_is_one_sentence_that_says_where_help_is(app, arguments, command, told, capsys):
    assert usage.run(app, arguments, "tool") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"{command}: {told}.*(; see|\? See) '{command} --help'\.\n", err)


def test_without_arguments_the_help_is_shown(app, capsys):
    assert usage.run(app, [], "tool") == 2
    err = capsys.readouterr().err
    assert err.startswith("Usage: tool")
    assert "End with a code." in err


def test_what_is_stopped_from_the_keyboard_ends_with_the_code_of_that(app):
    assert usage.run(app, ["stop"], "tool") == 130
