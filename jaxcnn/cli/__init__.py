"""The command line: parse, one call into the library, print. Errors are one sentence and exit code 2."""

import sys
from typing import Annotated

import typer

from jaxcnn.cli import data_command, verify_command

app = typer.Typer(
    help="Convolutional networks whose every derivative is derived by hand, and proved right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # usage errors as a plain sentence, not in a box that breaks it
)
app.command("verify")(verify_command.verify)
app.add_typer(data_command.app, name="data")


@app.command("faults")
def faults(rule: Annotated[str | None, typer.Argument(help="Only the faults of this rule.")] = None) -> None:
    """List the faults that `jaxcnn verify --plant` can plant."""
    verify_command.list_faults(rule)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 all held, 1 something failed, 2 bad usage or bad input.

    Exceptions that tell of bad input (`ValueError`, `TypeError`, `OSError`, `ImportError`) end in their one sentence.
    """
    try:
        app(args=arguments)
    except (ValueError, TypeError, OSError, ImportError) as error:
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        print(f"jaxcnn: {str(error) or type(error).__name__}", file=sys.stderr)
        sys.exit(2)
