"""One command from a fresh clone: make the pinned environment if it is missing or stale, then run.

    python3 run.py verify [ARGS]     python -m jaxcnn verify ARGS; so for every command of jaxcnn
    python3 run.py test [ARGS]       pytest ARGS, in parallel unless ARGS say otherwise
    python3 run.py lint              ruff check, ruff format --check, mypy

Only `.venv` in this clone (and pip's own cache) is written; `test` also keeps the bytecode of what it imports. The exit
code is the command's; 3 means that the environment could not be made.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is for those who start it with an older Python
    sys.exit("run.py needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031

import hashlib
import os
import subprocess
import time
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]

# The lock is complete and hashed, so pip resolves nothing (--no-deps). Byte-compiling all of it takes 11 of 28 s and
# most of it is never imported: --no-compile, and one import writes the bytecode that is needed (2 s).
LOCK = [*PIP, "--no-compile", "--only-binary", ":all:", "--require-hashes", "-r", str(ROOT / "constraints.txt")]
PROJECT = [*PIP, "--no-build-isolation", "-e", str(ROOT)]
WARM = [str(PYTHON), "-I", "-c", "import flax.linen, hypothesis, optax, pytest"]

LINTERS = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
OWN_WORKERS = ("-n", "--numprocesses", "--pdb")  # pytest's arguments that --numprocesses=auto would contradict


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    """Prepare the environment and run the command that `arguments` name; return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    command, rest = arguments[0], arguments[1:]
    try:
        prepare()
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 3
    if command == "lint":
        return int(any([subprocess.call([str(PYTHON), "-m", *linter], cwd=ROOT) for linter in LINTERS]))
    if command == "test":
        os.chdir(ROOT)
        # The tests start a hundred processes, and each would compile again all that it imports.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        # worksteal: neighbours run in one worker, so that what they share is made and compiled once
        own = any(word.startswith(OWN_WORKERS) for word in rest)
        workers = [] if own else ["--numprocesses=auto", "--dist=worksteal"]
        replace_by(["-m", "pytest", *workers, *rest])
    replace_by(["-m", "jaxcnn", command, *rest])


def prepare() -> None:
    """Bring `.venv` up to date. A stamp is written after each success, so what was interrupted is made again."""
    lock, project = VENV / "lock.stamp", VENV / "project.stamp"
    with (ROOT / "constraints.txt").open(encoding="utf-8") as constraints:
        wait_for_others(constraints)
        lock_digest = digest(constraints.read(), sys.version, str(ROOT))
        project_digest = digest(lock_digest, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        if not (PYTHON.exists() and stamped(lock, lock_digest)):
            step("making .venv", [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)])
            step("installing the pinned packages", LOCK)
            step("importing them once", WARM)
            lock.write_text(lock_digest)
        if not stamped(project, project_digest):
            step("installing jaxcnn and verify", PROJECT)
            project.write_text(project_digest)


def wait_for_others(file: IO[str]) -> None:
    """Wait while another run.py makes the same `.venv`; the claim ends when `file` is closed."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def step(title: str, command: list[str]) -> None:
    """Run one set-up command in silence, showing its seconds; show all of its output if it fails."""
    print(f"run.py: {title} ...", end="", file=sys.stderr, flush=True)
    began = time.monotonic()
    done = subprocess.run(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,  # a question nobody sees would wait for ever
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print(f" {time.monotonic() - began:.1f} s", file=sys.stderr)
    if done.returncode == 0:
        return
    output = done.stdout.decode(errors="replace").rstrip()
    if "ensurepip" in output or "No module named venv" in output:
        raise SetupError(f"{sys.executable} cannot make environments: install its venv module (Debian: python3-venv).")
    print(output, file=sys.stderr)
    raise SetupError(f"{title} failed (exit code {done.returncode}); its output is above.")


def environment() -> dict[str, str]:
    """Return our environment less what would make pip install elsewhere than in `.venv`."""
    elsewhere = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
    return {name: value for name, value in os.environ.items() if name not in elsewhere}


def digest(*texts: str) -> str:
    """Return a digest of `texts`, of each one and of where one ends and the next begins."""
    return hashlib.sha256(repr(texts).encode()).hexdigest()


def stamped(stamp: Path, expected: str) -> bool:
    """Return whether `stamp` says that the step it belongs to succeeded for `expected`."""
    return stamp.exists() and stamp.read_text() == expected


def replace_by(arguments: list[str]) -> NoReturn:
    """Become the environment's Python, so that exit code, signals and terminal are the command's own."""
    command = [str(PYTHON), *arguments]
    if os.name == "nt":  # where exec returns to the shell before the command has ended
        sys.exit(subprocess.call(command))
    sys.stdout.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nrun.py: interrupted", file=sys.stderr)
        sys.exit(130)
