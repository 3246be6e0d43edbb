"""The command line: `python -m verify rule|audit|scan TARGET`. Errors are one sentence and exit code 2."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

import verify
from verify import targets, usage
from verify.auditing.audit import audit_imported
from verify.report import Report
from verify.scanning import command as scanning

_INTERNAL = 70  # EX_SOFTWARE of sysexits.h

app = typer.Typer(
    help="Is this derivative right, and if not, what exactly is wrong with it? "
    "Exit code 0: all laws held; 1: one failed; 2: bad usage; 70: verify itself failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # usage errors as a plain sentence, not in a box that breaks it
)

Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="What is checked: package.module:function, as seen from this folder.")
]
Args = Annotated[
    str, typer.Option(help="Its arguments: package.module:name of a tuple or of a function returning one.")
]
Budget = Annotated[float | None, typer.Option(help="Seconds after which nothing more is begun; the rest is listed.")]
Seed = Annotated[int, typer.Option(help="Of all random points.")]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.callback()
def options(version: Annotated[bool, usage.version_option("verify")] = False) -> None:
    """Do what must be done before any command."""


@app.command(short_help="Check one custom rule, or any function in doubt.")
def rule(target: Target, args: Args, budget: Budget = None, seed: Seed = 0, json: Json = False) -> None:
    """Check one custom rule, or any function in doubt, at other values, shapes, dtypes and transformations too.

    Example: python -m verify rule mylib.ops:layer_norm --args mylib.examples:layer_norm_args
    """
    fun = targets.load(target, "TARGET")
    given = targets.arguments(args)
    with targets.blaming(target, fun, given):
        report = verify.check_rule(fun, *given, budget=budget, seed=seed)
    _tell(report, json)


@app.command(short_help="Check every custom rule that runs inside a program.")
def audit(
    target: Target,
    args: Args,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=BEHAVIOUR", help="That rule is straight-through, or clipped, on purpose."),
    ] = None,
    budget: Budget = None,
    folder: Annotated[
        Path,
        typer.Option(
            help="Where the values that arrived at failing rules are kept, as .npz files; "
            "made, in the current folder, only when a rule fails."
        ),
    ] = Path("out/audit"),
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Check every custom rule that runs inside a program, at the values that really arrive there.

    Example: python -m verify audit mylib.train:loss --args mylib.train:example_args --allow my_ste=straight-through
    """
    fun = targets.load(target, "TARGET")
    declared = dict(_declared(entry) for entry in allow or [])
    given, imports = targets.arguments(args), targets.import_lines(target, args)
    with targets.blaming(target, fun, given):
        report = audit_imported(fun, given, allow=declared, budget=budget, folder=folder, seed=seed, imports=imports)
    _tell(report, json)


app.command(name="scan", short_help="Check every public function of a library.")(scanning.command)


def _declared(entry: str) -> tuple[str, str]:
    name, equals, behaviour = entry.partition("=")
    if not (name and equals and behaviour):
        raise ValueError(f"--allow must be written NAME=straight-through or NAME=clipped; got {entry!r}.")
    return name, behaviour


def _tell(report: Report, json: bool) -> None:
    print(report.to_json() if json else report)
    raise typer.Exit(0 if report.ok else 1)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: bad usage, and what the program itself raises, end in one sentence and code 2.

    A failure of verify itself ends in its traceback and code 70.
    """
    try:
        code = usage.run(app, arguments, "python -m verify")
    except BrokenPipeError:
        code = 1
    except Exception as error:
        if not isinstance(error, targets.ProgramError | OSError) and not targets.meant(error):
            traceback.print_exception(error)
            print("verify: internal error, please report the traceback above.", file=sys.stderr)
            sys.exit(_INTERNAL)
        print(f"verify: {targets.first_line(error)}", file=sys.stderr)
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    main()
