"""Every example in the documents runs: ``>>>`` as doctests, ``$ featkit`` as commands, CONTRIBUTING's stage as a stage."""

import doctest
import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import featkit
from featkit.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
COMMAND = re.compile(r"^\$ (featkit .*)$", re.MULTILINE)


@pytest.fixture
def copied_examples(tmp_path, monkeypatch):
    made = shutil.ignore_patterns("*.npy*")
    kept = str(ROOT / "examples/multimodal")  # its features are part of the examples
    shutil.copytree(
        ROOT / "examples", tmp_path / "examples", ignore=lambda at, names: set() if at == kept else made(at, names)
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python_in(document: Path, prompts: bool) -> list[str]:
    """The fenced Python blocks, those with prompts or those without."""
    blocks = re.findall(r"^```python\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if block.startswith(">>>") == prompts]


def defined_in(document: Path) -> dict[str, object]:
    """What the blocks without prompts define."""
    names: dict[str, object] = {"__name__": document.stem}
    for block in python_in(document, prompts=False):
        exec(compile(block, str(document), "exec"), names)
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_prompts_print_what_they_say(document, copied_examples):
    names, text = defined_in(document), "\n".join(python_in(document, prompts=True))
    test = doctest.DocTestParser().get_doctest(text, names, document.name, str(document), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL)
    report: list[str] = []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if COMMAND.search(path.read_text())], ids=lambda path: path.name
)
def test_commands_succeed(document, copied_examples, capfd):
    featkit_mfcc_first = document.name == "README.md"  # its first command is the set-up itself
    if featkit_mfcc_first:
        with pytest.raises(SystemExit) as done:
            main(["mfcc", "examples/speech.wav"])
        assert done.value.code == 0
    for command in COMMAND.findall(document.read_text()):
        with pytest.raises(SystemExit) as done:
            main(shlex.split(command)[1:])
        assert done.value.code == 0, f"{command}\n{capfd.readouterr().err}"


def test_set_up_commands_are_printed_exactly():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert "    pip install . && featkit mfcc examples/speech.wav" in lines
    assert '    pip install -e ".[test]" && pytest' in lines


def test_every_command_is_documented():
    text = (ROOT / "docs/command-line.md").read_text()
    assert [name for name in COMMANDS if f"featkit {name}" not in text] == []


def test_contributing_example_is_a_good_stage():
    teager = defined_in(ROOT / "CONTRIBUTING.md")["Teager"]
    signal = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    stream = teager(scale=0.5).stream()
    parts = [stream.push(signal[at : at + 7]) for at in range(0, len(signal), 7)] + [stream.finish()]
    assert np.concatenate(parts).tobytes() == teager(scale=0.5)(signal).tobytes()
    found = doctest.DocTestFinder().find(teager, "Teager", module=False, globs={"Teager": teager})
    assert [doctest.DocTestRunner().run(test).failed for test in found if test.examples] == [0]
    padded = np.concatenate([signal[:1], signal, signal[-1:]]).astype(np.float64)
    expected = 0.5 * (padded[1:-1] ** 2 - padded[:-2] * padded[2:])
    np.testing.assert_allclose(teager(scale=0.5)(signal), expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    with pytest.raises(featkit.ParameterError, match=r"Teager\.scale must be finite and above 0"):
        teager(scale=0.0)


def test_the_page_of_presets_is_what_they_are():
    spec = importlib.util.spec_from_file_location("make_presets", ROOT / "docs/make_presets.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (ROOT / "docs/presets.md").read_text(encoding="utf-8") == maker.page(), "run python docs/make_presets.py"


def test_architecture_names_every_module():
    drawn = (ROOT / "docs/architecture.md").read_text()
    missing = [
        path.stem
        for path in (ROOT / "featkit").rglob("*.py")
        if not path.name.startswith("__")
        and path.parent.name != "cli"
        and path.stem != "version"
        and path.stem not in drawn
    ]
    assert missing == []
