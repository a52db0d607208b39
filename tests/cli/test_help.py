"""Help, examples, the catalogue, and what is said to who mistypes."""

import inspect
import re
import shlex
import subprocess

import pytest

import featkit
from featkit.cli.main import COMMANDS
from featkit.parameters import field_types

EXAMPLE = re.compile(r"^ *Example:\n +(featkit .*)\n", re.MULTILINE)
ALL = ["", *COMMANDS]

every_command = pytest.mark.parametrize("name", ALL, ids=lambda name: name or "featkit")


@every_command
def test_example_runs(name, run, spawn, examples):
    """As it is printed, in a folder that has ``examples/`` and nothing else."""
    out = run(*name.split(), "--help").out
    found = EXAMPLE.findall(out)
    assert found, out
    for command in found:
        assert command.split()[1] == name or not name
        spawn(*shlex.split(command)[1:])


@every_command
def test_example_is_the_last_of_the_text(name, run):
    out = run(*name.split(), "--help").out
    text = out.split("\nOptions:")[0].rstrip()
    assert text.splitlines()[-2].strip() == "Example:"


@every_command
def test_help_is_short_enough_to_read(name, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    out = run(*name.split(), "--help").out
    assert max(map(len, out.splitlines())) <= 100
    assert run(*name.split(), "-h").out == out


def test_no_description_of_a_command_is_cut_off(run):
    commands = run("--help").out.split("\nCommands:\n")[1]
    assert "..." not in commands


@every_command
def test_every_option_is_described(name, run):
    options = run(*name.split(), "--help").out.split("Options:\n")[1].split("\nCommands:")[0]
    entries = re.split(r"\n  (?=-)", options)
    undescribed = [entry.split()[0] for entry in entries if not re.search(r"[a-z]{3,}.*\.(\s|$)", entry)]
    assert undescribed == []


def test_installed_program(examples):
    """The entry point itself, as users type it."""
    done = subprocess.run(["featkit", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"featkit {featkit.__version__}\n", "")


def test_no_command_shows_the_help(run):
    ran = run(expect=None)
    assert ran.code in (0, 2)
    for name in COMMANDS:
        assert f"\n  {name} " in ran.out + ran.err


@pytest.mark.parametrize(
    ("typed", "meant"), [("mfc", "mfcc"), ("fbnk", "fbank"), ("specgram", "spectrogram"), ("stage", "stages")]
)
def test_did_you_mean(typed, meant, run):
    ran = run(typed, expect=2)
    assert f"no command {typed!r}; did you mean {meant!r}?" in ran.err
    assert ran.out == ""


def test_unknown_command(run):
    ran = run("frobnicate", expect=2)
    assert f"no command 'frobnicate'; the commands are {', '.join(COMMANDS)}" in ran.err


def test_unknown_option(run):
    assert "--version" in run("--versoin", expect=2).err


# --- stages -----------------------------------------------------------------------------------------------------------


def test_catalogue_is_complete(run):
    out = run("stages").out
    for name, kind in featkit.stages().items():
        (line,) = [line for line in out.splitlines() if line.split()[0] == name]
        assert kind.shape in line
        assert kind.formula in line
    assert len(out.splitlines()) == len(featkit.stages())


@pytest.mark.parametrize("kind", featkit.stages().values(), ids=lambda kind: kind.__name__)
def test_a_stage_in_full(kind, run):
    out = run("stages", kind.__name__).out
    assert run("stages", kind.name).out == out  # as in --set, too
    for text in (kind.shape, kind.formula, kind.source, inspect.cleandoc(kind.__doc__)):
        assert text in out
    signature = out.splitlines()[0]
    for name in field_types(kind):
        assert name in signature


def test_a_stages_signature_can_be_typed(run):
    """What is printed as default is Python: text in quotes."""
    signature = run("stages", "Window").out.splitlines()[0]
    assert "'hamming'" in signature
    assert '"Literal[' not in run("stages", "MelBank").out.splitlines()[0]


def test_several_stages_in_the_order_asked(run):
    out = run("stages", "Dct", "mel").out
    assert 0 <= out.index("Dct(") < out.index("MelBank(")


def test_stages_as_json(run):
    records = run("stages", "--json").records
    assert [record["class"] for record in records] == list(featkit.stages())
    for record in records:
        kind = featkit.stages()[record["class"]]
        for field in ("name", "shape", "formula", "source"):
            assert record[field] == getattr(kind, field)
    assert [record["class"] for record in run("stages", "mel", "Dct", "--json").records] == ["MelBank", "Dct"]


@pytest.mark.parametrize(
    ("typed", "told"), [("MelBnk", "did you mean 'MelBank'?"), ("zzz", "featkit stages lists them")]
)
def test_unknown_stage(typed, told, run):
    ran = run("stages", typed, expect=2)
    assert f"there is no stage {typed!r}; {told}" in ran.err
    assert ran.out == ""
