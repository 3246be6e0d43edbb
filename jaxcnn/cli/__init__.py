"""The command line: parse, one call into the library, print. Errors are one sentence and exit code 2."""

import sys
from typing import Annotated

import typer

from jaxcnn.cli import data_command, jacobians_command, lab_command, model_commands, train_command, verify_command
from jaxcnn.cli.compiled import keep_compiled
from jaxcnn.cli.output import sentence
from verify import usage

app = typer.Typer(
    help="Convolutional networks whose every derivative is derived by hand, and proved right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # usage errors as a plain sentence, not in a box that breaks it
)
app.command("verify", short_help="Put every hand-derived rule and two networks on trial.")(verify_command.verify)
app.command("train", short_help="Train a network with hand-derived gradients.")(train_command.train)
app.command("networks")(train_command.networks)
app.command("evaluate", short_help="Count how many images a model recognises.")(model_commands.evaluate)
app.command("predict", short_help="Say which class a model takes pictures for.")(model_commands.predict)
app.command("labs", short_help="List the labs and their settings.")(lab_command.labs)
app.command("lab", short_help="Run a lab, or all, and write the report.")(lab_command.lab)
app.command("jacobians", short_help="Print the seven Jacobians of a perceptron.")(jacobians_command.jacobians)
app.add_typer(data_command.app, name="data")


@app.callback()
def options(
    compiled: Annotated[
        str | None,
        typer.Option(help="Folder that keeps compiled programs between runs, or 'off'; else $JAXCNN_COMPILED."),
    ] = None,
    version: Annotated[bool, usage.version_option("jaxcnn")] = False,
) -> None:
    """Do what must be done before any command."""
    keep_compiled(compiled)


@app.command("faults")
def faults(rule: Annotated[str | None, typer.Argument(help="Only the faults of this rule.")] = None) -> None:
    """List the faults that `jaxcnn verify --plant` can plant."""
    verify_command.list_faults(rule)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 all held, 1 something failed, 2 bad usage or bad input.

    Exceptions that tell of bad input (`ValueError`, `TypeError`, `OSError`, `ImportError`) end in their one sentence.
    """
    try:
        code = usage.run(app, arguments, "jaxcnn")
    except (ValueError, TypeError, OSError, ImportError) as error:
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        print(f"jaxcnn: {sentence(error)}", file=sys.stderr)
        code = 2
    sys.exit(code)
