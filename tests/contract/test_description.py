"""Docs, --help and the catalogue are derived from what a class says of itself; so it must say all of it."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import featkit
from featkit.parameters import field_types

AXIS = r"(?:[a-z][a-z_]*|\*|\.\.\.)"


def docstring(kind):
    """A class's own docstring, and those of the classes it refers to."""
    own = inspect.cleandoc(kind.__dict__.get("__doc__") or "")
    others = re.findall(r":class:`~?(?:\w+\.)*(\w+)`", own)
    return own, "\n".join([own, *(inspect.getdoc(getattr(featkit, other, None)) or "" for other in others)])


def test_name_shape_formula_and_source(kind):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.name)
    assert "__" not in kind.name  # with_(mel__n_mels=...) cuts there
    assert kind.formula.strip()
    assert kind.source.strip()


def test_shape_has_the_known_syntax(kind):
    assert re.fullmatch(rf"{AXIS}(?: {AXIS})* -> {AXIS}(?: {AXIS})*", kind.shape)
    given, made = (side.split() for side in kind.shape.split(" -> "))
    assert given.count("...") <= 1
    assert made.count("*") <= given.count("*")
    assert made.count("...") <= given.count("...")


def test_names_are_unique():
    names = [kind.name for kind in featkit.stages().values()]
    assert len(set(names)) == len(names)


def test_the_docstring_explains_and_has_an_example(kind):
    own, _ = docstring(kind)
    assert own
    first = own.splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 120
    assert "Examples\n--------" in own
    examples = doctest.DocTestParser().get_examples(own)
    assert any(kind.__name__ in example.source for example in examples)
    assert any(example.want for example in examples)


def test_every_field_is_in_the_docstring(kind):
    _, text = docstring(kind)
    missing = [
        name for name in field_types(kind) if not re.search(rf"^ *(?:\w+, )*{name}(?:, \w+)* :", text, re.MULTILINE)
    ]
    assert not missing, f"the docstring of {kind.__name__} doesn't say what {missing} are"


def test_public_functions_have_examples():
    for name in (
        "log_fbank",
        "mel_weights",
        "mfcc",
        "mel_to_hz",
        "hz_to_mel",
        "parse",
        "spectrogram",
        "stages",
        "window",
    ):
        assert ">>>" in inspect.getdoc(getattr(featkit, name)), name


def test_a_class_stands_where_its_name_is_public(kind):
    """Pickles and docs find a class by its module; the name there is the public one."""
    assert getattr(featkit, kind.__name__) is kind
    assert kind.__module__.startswith("featkit.")


def test_public_names_stand_where_type_checkers_look():
    """What they are told is imported is what Python finds."""
    source = Path(featkit.__file__).read_text(encoding="utf-8")
    told = {
        (alias.name, statement.module)
        for block in ast.walk(ast.parse(source))
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert told == {*featkit.PLACES.items(), ("presets", "featkit")}


#: What ``a | b`` needs.
CORE = "errors numeric admission memory parameters bundles entrance stage windowed learner pipeline version"


def test_importing_featkit_imports_its_core_only():
    code = "import sys, featkit; print(*(name for name in sys.modules if name.startswith('featkit.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {*loaded} <= {f"featkit.{name}" for name in CORE.split()}


def test_packages_are_reached_by_their_names():
    names = ("audio", "text", "files", "presets")
    code = f"import featkit; print({', '.join(f'featkit.{name}.__name__' for name in names)})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"featkit.{name}" for name in names]


def test_names_that_are_not_there_are_missed():
    with pytest.raises(AttributeError, match="no attribute 'Mel_Bank'"):
        featkit.Mel_Bank  # noqa: B018
    assert {*featkit.__all__} <= {*dir(featkit)}


def test_public_names_are_described():
    """Everything that featkit/__init__.py names, also what is no stage."""
    public = {name: getattr(featkit, name) for name in featkit.__all__}
    undocumented = [
        name for name, value in public.items()
        if (inspect.isclass(value) or inspect.isroutine(value)) and not inspect.getdoc(value)
    ]  # fmt: skip
    assert not undocumented
