"""`python -m verify`: exit codes, and one sentence for bad usage."""

import json
import operator
from importlib import metadata

import jax
import numpy as np
import pytest

from verify import targets
from verify.__main__ import main


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A module of a user's, in the folder in which the command is run."""
    (tmp_path / "userlib.py").write_text(
        "import jax, jax.numpy as jnp, numpy as np\n"
        "@jax.custom_vjp\n"
        "def scaled(x):\n    return 3 * x\n"
        "scaled.defvjp(lambda x: (3 * x, ()), lambda _, g: (2 * g,))\n"
        "def loss(x):\n    return jnp.sum(jax.jit(scaled)(x))\n"
        "@jax.custom_vjp\n"
        "def rounded(x):\n    return jnp.round(x)\n"
        "rounded.defvjp(lambda x: (jnp.round(x), ()), lambda _, g: (g,))\n"
        "def right(x):\n    return jnp.sum(3 * x)\n"
        "def raising(x):\n    raise RuntimeError('out of cheese')\n"
        "example = (np.float32([1, 2]),)\n"
        "pair = example * 2\n"
        "def made():\n    return example\n"
        "class Held:\n    one = example[0]\n    loss = staticmethod(loss)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    shown = capsys.readouterr()
    return end.value.code, shown.out, shown.err


def test_an_audit_that_finds_a_wrong_rule_exits_with_one_and_says_how_to_replay_it(library, capsys):
    code, out, _ = run(capsys, "audit", "userlib:loss", "--args", "userlib:made", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["failures"][0]["where"] == "jit / custom_vjp `scaled` (userlib.py:2, called at userlib.py:7)"
    assert report["rules"][0]["share"] == 1

    # the lines that the finding shows are run as they stand
    lines = report["failures"][0]["reproduce"]
    assert "from userlib import loss as fun" in lines
    shown = {}
    exec("\n".join(lines), shown)
    by_rule, without_rule = shown["by_rule"], shown["without_rule"]
    assert np.allclose(np.multiply(3, by_rule), np.multiply(2, without_rule))
    assert any(np.any(g) for g in by_rule)


@pytest.mark.parametrize("args", ["userlib:example", "userlib:made", "userlib:Held.one"])
def test_the_lines_of_a_replay_make_the_program_and_the_arguments_that_the_command_was_given(library, args):
    shown = {}
    exec("\n".join(targets.import_lines("userlib:Held.loss", args)), shown)
    assert shown["fun"](*shown["args"]) == 9
    assert isinstance(shown["args"], tuple)


def test_a_program_without_rules_is_held(library, capsys):
    code, out, _ = run(capsys, "audit", "userlib:right", "--args", "userlib:example")
    assert (code, out) == (0, "right: 0 held\n")


def test_a_wrong_rule_exits_with_one_and_is_told(library, capsys):
    code, out, _ = run(capsys, "rule", "userlib:scaled", "--args", "userlib:example", "--budget", "1e-3")
    assert code == 1
    assert "constant-factor: d_x equals the right gradient times 2/3" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["audit", "userlib", "--args", "userlib:example"],
            "TARGET must be written package.module:name; got 'userlib'.",
        ),
        (["audit", "nowhere:f", "--args", "userlib:example"], "TARGET nowhere:f: cannot import nowhere"),
        (["rule", "userlib:absent", "--args", "userlib:example"], "TARGET userlib:absent: userlib has no absent."),
        (["rule", "userlib:scaled", "--args", "userlib:none"], "--args userlib:none: userlib has no none."),
        (
            ["audit", "userlib:loss", "--args", "userlib:example", "--allow", "scaled"],
            "--allow must be written NAME=straight-through or NAME=clipped; got 'scaled'.",
        ),
        (
            ["audit", "userlib:loss", "--args", "userlib:example", "--budget", "-1"],
            "`budget` must be a positive number",
        ),
        (
            ["audit", "userlib:raising", "--args", "userlib:example"],
            "`userlib:raising` raised RuntimeError: out of cheese (userlib.py:15)",
        ),
        (
            ["audit", "userlib:loss", "--args", "userlib:raising"],
            "`userlib:raising` raised TypeError: raising() missing",
        ),
        (
            ["rule", "userlib:scaled", "--args", "userlib:pair"],
            "`userlib:scaled` cannot be called with the 2 of --args",
        ),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_two(library, capsys, arguments, sentence):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"verify: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("broken", [None, operator.attrgetter("lost")])
def test_a_failure_of_verify_itself_shows_its_traceback_and_is_no_bad_usage(library, capsys, monkeypatch, broken):
    monkeypatch.setattr("verify.auditing.audit.groups", broken)
    code, out, err = run(capsys, "audit", "userlib:right", "--args", "userlib:example")
    assert (code, out) == (70, "")
    assert "Traceback" in err
    assert err.endswith("verify: internal error, please report the traceback above.\n")


@pytest.mark.parametrize(
    ("program", "made"), [("userlib:right", False), ("userlib:rounded", False), ("userlib:loss", True)]
)
def test_the_folder_is_made_only_when_a_rule_fails(library, capsys, program, made):
    code, _, _ = run(capsys, "audit", program, "--args", "userlib:example")
    assert (library / "out" / "audit").exists() == made == (code == 1)


def test_a_missing_option_is_bad_usage(capsys):
    code, _, err = run(capsys, "audit", "userlib:loss")
    assert code == 2
    assert "--args" in err


@pytest.mark.parametrize("command", ["audit", "rule"])
def test_help_names_the_arguments_and_shows_an_example(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"python -m verify {command}" in " ".join(out.split())
    assert "--args" in out


def test_jax_is_left_as_it_was(library, capsys):
    before = jax.config.jax_enable_x64
    run(capsys, "audit", "userlib:right", "--args", "userlib:example")
    assert jax.config.jax_enable_x64 == before


def test_the_versions_are_told_without_a_command(capsys):
    code, out, _ = run(capsys, "--version")
    assert (code, out) == (0, f"verify {metadata.version('jaxcnn')}, jax {jax.__version__}\n")
