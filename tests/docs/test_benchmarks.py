"""The benchmark can be believed: pairs that run give the same numbers, wrong numbers get no ratio, the page is whole."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks/ is not installed

from benchmarks import audio, convolution, growth, image, memory, report, signals, text  # noqa: E402
from benchmarks.timing import Budget, Calls, Limit, Pair, Result, compare, measure  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of the peers

TINY = audio.Sizes(short=1, long=41, hour=2, clips=3)
TINY_TEXTS = text.Sizes(*[0.02] * 6)
TINY_IMAGES = image.Sizes(large=64, middle=24, small=9, several=3)
ONCE = Budget(0, 1, 1)
PEERS_OF_THE_TEST_EXTRA = {
    *("kaldi_native_fbank", "librosa", "python_speech_features", "sklearn.feature_extraction.image"),
    *("scipy", "skimage"),
}


@pytest.mark.parametrize(
    "pair",
    [
        *audio.pairs(TINY),
        *audio.backends(TINY),
        *image.pairs(TINY_IMAGES),
        *convolution.pairs(48),
        *text.pairs(TINY_TEXTS),
    ],
    ids=lambda pair: pair.name,
)
def test_gates_hold(pair):
    result = measure(pair, ONCE)
    if result.absent and not PEERS_OF_THE_TEST_EXTRA.issuperset(pair.needs):
        pytest.skip(result.absent)
    assert result.absent == result.disagreement == ""
    assert (result.seconds > 0).all()
    assert result.seconds.shape[1] == 2


def pair_of(ours, theirs, floor=None, goal=None, needs=()):
    calls = Calls(lambda: np.asarray(ours), lambda: np.asarray(theirs))
    return Pair("work", "peer", "preset", needs, lambda: calls, Limit(1e-3, relative=False), floor, goal)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([1.0, 2.0], [1.0, 2.002]), ([1.0], [1.0, 2.0]), ([np.nan], [np.nan]), ([1.0], [np.inf])],
    ids=["far", "shape", "nan", "infinite"],
)
def test_other_numbers_get_no_ratio(ours, theirs):
    result = measure(pair_of(ours, theirs, floor=1.0), ONCE)
    assert (result.verdict, len(result.seconds)) == ("FAILED", 0)
    section = report.pairs_section([result])
    assert len(section.problems) == 1
    assert section.rows[0][2:5] == ("", "", "")


def test_the_limit_is_what_it_says():
    assert compare(np.array([101.0]), np.array([100.0]), Limit(0.0101, relative=True))[1] == ""
    assert compare(np.array([101.0]), np.array([100.0]), Limit(0.0099, relative=True))[1] != ""
    # 20 nats are 87 dB: the amplitude is 22 times less than what 60 dB leave, and so much more is allowed.
    row, limit = np.array([[0.0, -13.8, -20.0]]), Limit(1e-3, relative=False, log_bands=True)
    for at, allowed in ((0, 1e-3), (1, 1e-3), (2, 22.026e-3)):
        for factor, fine in ((0.99, True), (1.01, False)):
            moved = row + factor * allowed * np.eye(3)[at]
            assert (compare(moved, row, limit)[1] == "") is fine


@pytest.mark.parametrize(
    ("floor", "goal", "word", "problems"),
    [(2, 4, "goal reached", 0), (4, 5, "floor held", 0), (4.1, 5, "BELOW FLOOR", 1), (None, None, "", 0)],
)
def test_verdicts_and_problems(floor, goal, word, problems):
    pair = pair_of([1.0], [1.0], floor=floor, goal=goal)
    result = Result(pair, difference=0.0, seconds=np.array([[1.0, 3.0], [2.0, 8.0], [1.0, 5.0]]))
    assert result.verdict == word
    np.testing.assert_allclose(result.quartiles, [3.5, 4.0, 4.5])
    assert len(report.pairs_section([result]).problems) == problems


def test_an_absent_peer_is_no_failure():
    result = measure(pair_of([1.0], [1.0], floor=9, needs=("no_such_peer",)), ONCE)
    section = report.pairs_section([result])
    assert (result.verdict, section.rows, section.problems) == ("absent", [], [])
    assert "cannot be imported: peer" in str(section)


def test_the_page_is_whole():
    sections = [audio.one_second(TINY, 1), report.pairs_section([measure(pair_of([1.0], [1.0], floor=1e9), ONCE)])]
    text = report.page("audio", "sound", sections)
    assert text.startswith("# ")
    assert all(f"## {section.title}\n" in text for section in sections)
    assert not re.search(r">>>|^\$ featkit|\b20[2-9]\d-\d\d|\{|nan", text, re.MULTILINE)
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_only_chooses_by_name():
    pairs = audio.pairs(TINY)
    asked = report.Asked(only=("librosa", "LIST IN"))
    assert {pair.peer for pair in pairs if asked.wants(pair.name)} == {"librosa", "kaldi-native-fbank, list in"}
    assert all(report.Asked().wants(pair.name) for pair in pairs)


def test_lines_are_found():
    frames, calls = [100, 1000, 100000], np.array([1, 5, 2])
    seconds = [100e-6 * call + 2e-6 * n for call, n in zip(calls, frames, strict=True)]
    curve = growth.Curve("", "", frames, seconds, frames)
    np.testing.assert_allclose(growth._fitted(calls, curve), [100, 2, 0], atol=1e-6)


def test_memory_is_that_of_the_work(tmp_path):
    wav = signals.write_wav(tmp_path / "long.wav", 300)
    case = next(at for at, case in enumerate(memory.CASES) if "array at once" in case.name)
    found = memory.measure(case, wav, tmp_path)
    features = 30000 * 80 * 4 / 1e6  # which is what it has to hold at least
    assert found["import"] <= found["start"]
    assert features <= found["end"] - found["start"] < 4 * features
    assert np.load(tmp_path / "long.npy").shape == (29998, 80)


def test_signals_are_seeded_16_bit_sound():
    made = signals.speechlike(61)
    assert made.dtype == np.float32
    assert np.abs(made).max() < 1
    np.testing.assert_array_equal(made * 32768, np.round(made * 32768))
    np.testing.assert_array_equal(made[:16000], made[-16000:])
    assert 0.1 < np.mean(np.abs(made) < 0.01) < 0.9  # pauses


def test_the_committed_pages_have_every_pair():
    for name, pairs in (
        ("audio", audio.pairs(audio.Sizes())),
        ("image", [*image.pairs(image.Sizes()), *convolution.pairs(512)]),
        ("text", text.pairs(text.Sizes())),
    ):
        page = (ROOT / "docs" / "benchmarks" / f"{name}.md").read_text(encoding="utf-8")
        assert [pair.name for pair in pairs if pair.work not in page or pair.peer not in page] == []


def test_every_page_is_named_where_they_are_explained():
    from benchmarks.__main__ import PAGES

    told = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert [name for name in PAGES if f"(benchmarks/{name}.md)" not in told] == []
