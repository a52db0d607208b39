"""Instances of every stage in the catalogue, and rows that fit each of them.

A stage that ``featkit/__init__.py`` names is tested without an edit here: with its defaults, and with every choice of
its ``Literal`` and ``bool`` fields. TABLE adds what can't be derived: stages that have no defaults, and parameters that
are worth a test of their own. A test asks for what it needs by the name of its arguments:

- ``kind``: every class of the catalogue
- ``instance``: every one of them; ``usable``: the same, what must learn fitted
- ``streamable``, ``numeric``, ``chained``: those of the usable that stream, that take arrays, that are pipelines
- ``precision``: float32 and float64
"""

import itertools
import typing
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import featkit
from featkit.numeric import concatenate
from featkit.parameters import field_types
from featkit.pipeline import Pipeline
from featkit.windowed import Geometry

# --- stages that only the tests have ----------------------------------------------------------------------------------


class MovingDifference(featkit.Windowed):
    """A row's successor ``reach`` rows on, less its predecessor ``reach`` rows back: late by ``reach`` rows."""

    name = "moving_difference"
    shape = "* * -> * *"

    reach: int = 2

    def geometry(self):
        return Geometry(span=2 * self.reach + 1, left=self.reach, fill="edge")

    def windows(self, rows):
        return rows[:, -1] - rows[:, 0]


class UtteranceMean(featkit.Whole):
    """Less the mean of all rows. NumPy sums a column in an order that depends on the layout of the array."""

    name = "utterance_mean"
    shape = "* * -> * *"
    remedy = "subtract a mean that was learned before: Cmvn().fit(items)"

    def apply(self, rows):
        return rows - rows.mean(axis=0, keepdims=True) if len(rows) else rows


class RealPart(featkit.Pointwise):
    """The only stage here that takes complex rows."""

    name = "real_part"
    shape = "frame phasor -> frame bin"

    def apply(self, rows):
        return rows.real.copy()


TEST_ONLY = (MovingDifference, UtteranceMean, RealPart)

# --- instances --------------------------------------------------------------------------------------------------------

_EDGES, _FILLS = (typing.get_args(field_types(featkit.Frames)[name]) for name in ("edges", "fill"))
_FRAMES = featkit.Frames(25, 10)
_ENERGY_AND_MELS = featkit.Join(
    (featkit.LogEnergy(), featkit.Window("povey") | featkit.PowerSpectrum(512) | featkit.MelBank(23) | featkit.Log())
)

_KERNELS = np.linspace(-1, 1, 2 * 3 * 3 * 2).reshape(2, 3, 3, 2)  # two kernels of 3x2 for three channels
_CLICKS = np.float32([0.5, -0.25, 0.0, 0.125, -0.5])  # a recording of five samples

_WORDS = featkit.WordVectors(
    featkit.Strings(["sat", "cat", "the", "我爱你"]),
    np.random.default_rng(3).standard_normal((4, 3)),
    np.array([9, 8, 8, 1]),
)

TABLE = {
    "AdaptiveAveragePool": [featkit.AdaptiveAveragePool((3, 2)), featkit.AdaptiveAveragePool(7)],
    "AdaptiveMaxPool": [featkit.AdaptiveMaxPool((3, 2))],
    "AveragePool": [
        featkit.AveragePool(3, 2, 1),
        featkit.AveragePool(3, 2, 1, True, False),
        featkit.AveragePool((3, 2), (1, 3), (1, 0)),
    ],
    "BlockDct": [featkit.BlockDct(5, keep=4, shift=0.5)],
    "CoOccurrence": [featkit.CoOccurrence((1.0, 2.0), (0.0, 0.8, 2.4), 4, -1.0, 1.0, normed=False)],
    "Convolve": [
        featkit.Convolve(_KERNELS),
        featkit.Convolve(_KERNELS, np.array([0.5, -1.0]), stride=2, padding=(2, 1), fill="reflect"),
        featkit.Convolve(_KERNELS, dilation=(2, 3), padding="same", fill="mirror"),
        featkit.Convolve(_KERNELS, stride=(3, 1), padding="same", fill="edge"),
        featkit.Convolve(featkit.sobel_kernels()[[0, 1, 0]], groups=3, padding=1),
    ],
    "Hog": [featkit.Hog(4, 3, 2), featkit.Hog(5, (4, 3), (1, 2), "L1", sums="float64")],
    "LearnKernels": [featkit.LearnKernels(3, 4, 2, sample=100, contrast=0.1, rounds=3)],
    "LocalBinaryPattern": [featkit.LocalBinaryPattern(12, 2.5, "uniform")],
    "MaxPool": [featkit.MaxPool(3, 2, 1), featkit.MaxPool(3, 2, ceil=True), featkit.MaxPool((2, 3), (3, 1), (1, 0))],
    "AddNoise": [
        featkit.AddNoise(_CLICKS, noise_name="clicks.wav"),
        featkit.AddNoise(_CLICKS, snr_db=-3.0, offset=2, level="active"),
    ],
    "BandLimit": [featkit.BandLimit(None, 3000.0), featkit.BandLimit(100.0, None, 8000, order=1)],
    "Dct": [featkit.Dct(n=5), featkit.Dct(n=13, type=3, ortho=False)],
    "FixedNoise": [featkit.FixedNoise(np.linspace(0.0, 2.0, 40))],
    "Frames": [
        *(featkit.Frames(25, 10, edges, fill) for edges, fill in itertools.product(_EDGES, _FILLS)),
        *(featkit.Frames(7, 3, edges, "mirror") for edges in _EDGES),
        *(featkit.Frames(10, 25, edges) for edges in _EDGES),  # gaps between frames
        featkit.Frames(1, 1),
        featkit.Frames(8, 1, "centre"),
    ],
    "Join": [
        featkit.Join((featkit.LogEnergy(), featkit.Window() | featkit.MagnitudeSpectrum())),
        featkit.Join((_FRAMES | featkit.RemoveMean(), _FRAMES | featkit.Dct(5))),
        featkit.Join((MovingDifference(1), MovingDifference(4))),  # late by different amounts
        featkit.Join((featkit.Lifter(0), MovingDifference(2))),  # what waits is the caller's own chunk
        featkit.Join((featkit.Lifter(), UtteranceMean())),
    ],
    "Lifter": [featkit.Lifter(0), featkit.Lifter(21.5, first=1)],
    "Log": [featkit.Log("dB", floor=1e-5, reference=20e-6)],
    "LogEnergy": [featkit.LogEnergy(floor=1.0)],
    "MaskFrames": [featkit.MaskFrames(((0, 3), (20, 4), (39, 9)), value=-1.5)],
    "MelBank": [featkit.MelBank(n_mels=80), featkit.MelBank(20, 8000, 100, 3800, "slaney", norm="area", n_fft=512)],
    "Dense": [featkit.Dense(np.linspace(-1, 1, 39).reshape(3, 13), np.array([0.0, 0.5, -0.5]))],
    "Each": [
        featkit.Each(
            (("picture", featkit.Affine(0.5)), ("sound", featkit.Cmvn() | featkit.SoftmaxClassifier(tolerance=0.1)))
        ),
        featkit.Each((("sound", featkit.Cmvn() | featkit.Columns((1, 0))),)),
    ],
    "ManyLabels": [featkit.ManyLabels(tuple(range(13)), (0.3,) * 13)],
    "OneLabel": [featkit.OneLabel(tuple("abcdefghijklm"))],
    "Mix": [featkit.Mix(_CLICKS, gain=0.5, offset=3)],
    "Normalise": [featkit.Normalise(np.linspace(-1, 1, 13), np.linspace(0.5, 2, 13))],
    "Patches": [
        featkit.Patches(3, stride=2, order="unfold", padding=1, remainder="fill"),
        featkit.Patches((2, 5), stride=(3, 4), padding=(4, 2), fill="reflect", dilation=(2, 1)),
        featkit.Patches(4, dilation=3, order="unfold", stride=1, fill="mirror", padding=2),
        featkit.Patches(1),
    ],
    "PowerSpectrum": [featkit.PowerSpectrum(401, engine="featkit"), featkit.PowerSpectrum(512)],
    "PreEmphasis": [featkit.PreEmphasis(0.5, "edge"), featkit.PreEmphasis(0), featkit.PreEmphasis(first=0.25)],
    "PitchShift": [featkit.PitchShift(-5.0), featkit.PitchShift(0)],
    "Resample": [featkit.Resample(8000, 16000), featkit.Resample(44100, 11025), featkit.Resample(16000, 16000)],
    "BagOfWords": [
        featkit.BagOfWords(featkit.Strings(["cat", "sat", "the"])),
        featkit.BagOfWords(featkit.Strings(["sat", "cat"]), "count"),
        featkit.BagOfWords(featkit.Strings(["sat", "cat"]), "hash", buckets=3, binary=True),
    ],
    "Bm25Weights": [featkit.Bm25Weights(np.linspace(0.5, 2, 13), 3.0), featkit.Bm25Weights(np.ones(13), b=0.0)],
    "CharacterNgrams": [featkit.CharacterNgrams(2, 3)],
    "CjkNgrams": [featkit.CjkNgrams(2, 2)],
    "GloVe": [
        featkit.GloVe(6, min_count=2, epochs=2),
        featkit.GloVe(4, 2, symmetric=False, by_distance=False, x_max=None, min_count=1, epochs=1),
    ],
    "HashedBagOfWords": [featkit.HashedBagOfWords(7), featkit.HashedBagOfWords(7, binary=True)],
    "RegexTokens": [featkit.RegexTokens("[a-z]+")],
    "StopWords": [featkit.StopWords(("cat", "on"))],
    "TermWeights": [featkit.TermWeights(np.linspace(0, 2, 13))],
    "SifVectors": [featkit.SifVectors(_WORDS), featkit.SifVectors(_WORDS.with_(unknown="mean"), 0.1, 2)],
    "TfIdfVectors": [featkit.TfIdfVectors(_WORDS), featkit.TfIdfVectors(_WORDS.with_(unknown="zero"))],
    "Vocabulary": [featkit.Vocabulary(2, 0.9, 5), featkit.Vocabulary(max_features=2, unknown="count")],
    "WordCharacterNgrams": [featkit.WordCharacterNgrams(3, 4)],
    "WordNgrams": [featkit.WordNgrams(2, 3)],
    "Words": [featkit.Words(1), featkit.Words(4)],
    "SideBySide": [featkit.SideBySide("zeros", np.linspace(0, 1, 26))],
    "Speed": [featkit.Speed(0.9), featkit.Speed(1)],
    "Tempo": [featkit.Tempo(0.8, window_ms=10, search_ms=5), featkit.Tempo(2.5, rate=8000), featkit.Tempo(1)],
    "Reverberate": [
        featkit.Reverberate(_CLICKS),
        featkit.Reverberate(np.linspace(-1, 1, 60), "first", "kept", "energy"),
    ],
    "SpecAugment": [featkit.SpecAugment(5, 4, 2, 6, 0.5, 2, seed=3)],
    "TimeShift": [featkit.TimeShift(-70), featkit.TimeShift(0)],
    "TriangleCode": [featkit.TriangleCode(np.eye(2, 12), np.eye(12), np.linspace(-0.1, 0.1, 12), 2, 3, 0.5)],
    "Vary": [
        featkit.Vary(featkit.Affine(), {"scale": featkit.uniform(0.5, 2.0)}),
        featkit.Vary(featkit.SpecAugment(4), {"frame_masks": featkit.integers(1, 3)}, probability=0.5),
    ],
    "WeightedVectors": [
        featkit.WeightedVectors(_WORDS, np.array([1.0, 2.0, 0.5, 4.0, 0.0])),
        featkit.WeightedVectors(_WORDS, np.full(5, 0.25), np.array([[0.6, 0.0, 0.8]]), "words"),
    ],
    "Word2Vec": [
        featkit.Word2Vec(model, objective, dim=6, min_count=1, epochs=1)
        for model in ("skipgram", "cbow")
        for objective in ("negative", "hierarchical", "softmax")
    ],
    "WordVectors": [
        _WORDS,
        _WORDS.with_(unknown="zero", counts=None),
        _WORDS.with_(unknown="mean", vectors=_WORDS.vectors.astype(np.float32)),
    ],
    "WarpTime": [featkit.WarpTime(30, 3, 40), featkit.WarpTime(1, 60, 70), featkit.WarpTime(20, 20, 30)],
    "Window": [featkit.Window("hann", periodic=True, length=25), featkit.Window("kaiser", beta=5.0)],
}

PIPELINES = {
    "spectrogram": featkit.spectrogram(),
    "log_fbank": featkit.log_fbank(n_mels=80),
    "mfcc": featkit.mfcc(),
    "mfcc, own FFT": featkit.mfcc().with_(power_spectrum__engine="featkit"),
    "librosa's road": featkit.Frames(64, 16, "centre", "zero")
    | featkit.Window("hann", periodic=True)
    | featkit.PowerSpectrum()
    | featkit.MelBank(10, 8000, norm="area", scale="slaney")
    | featkit.Log("dB"),
    "Kaldi's road": featkit.Frames(400, 160, "half-hop", "mirror")
    | featkit.RemoveMean()
    | featkit.FramePreEmphasis()
    | _ENERGY_AND_MELS,
    "Kaldi's road without energy": featkit.Affine(32768.0)
    | featkit.Frames(80, 30, "half-hop", "mirror")
    | featkit.RemoveMean()
    | featkit.FramePreEmphasis()
    | featkit.Window("povey")
    | featkit.PowerSpectrum(128)
    | featkit.MelBank(7)
    | featkit.Log(),
    "emphasised in place": featkit.Frames(64, 24) | featkit.FramePreEmphasis(0.9) | featkit.Window("hamming"),
    "psf's road": featkit.PreEmphasis()
    | featkit.Frames(64, 30, "end", "zero")
    | featkit.PowerSpectrum()
    | featkit.Log(),
    "windows on windows": _FRAMES | MovingDifference(3) | MovingDifference(1),
    "late by different amounts": _FRAMES
    | featkit.Join((MovingDifference(4), featkit.Dct(3), MovingDifference(1) | MovingDifference(2)))
    | MovingDifference(1),
    "frames one sample apart": featkit.Frames(33, 1)
    | featkit.RemoveMean()
    | featkit.Join((featkit.LogEnergy(), featkit.Dct())),
    "energy of frames one sample apart": featkit.Frames(33, 1, "centre") | featkit.LogEnergy(),
    "columns, which NumPy lays out column by column": _FRAMES
    | featkit.Columns(tuple(range(24, -1, -1)))
    | featkit.RemoveMean(),
    "complex inside": _FRAMES | featkit.Spectrum() | RealPart(),
    "complex in": featkit.pipeline(RealPart()),
    "noise suppressed": featkit.denoise(2000),
    "noise suppressed, the whole input needed": featkit.denoise(2000, "subtraction", "whole"),
    "noise suppressed, no presence": featkit.denoise(1000, "lsa", "leading").with_(
        keep_length__stage__wiener__near=None
    ),
    "whole inside": _FRAMES | MovingDifference(2) | UtteranceMean() | MovingDifference(1),
    "whole at the end": featkit.Lifter() | UtteranceMean(),
    "learns at the end": featkit.mfcc() | featkit.Cmvn(),
    "drawn": featkit.Vary(featkit.TimeShift(), {"samples": featkit.integers(-50, 50)})
    | featkit.Frames(64, 30)
    | featkit.Join((featkit.Vary(featkit.Affine(), {"offset": featkit.normal(0.0, 1.0)}), featkit.LogEnergy())),
    "from documents to counts": featkit.bow(ngrams=(1, 2)),
    "from documents to TF-IDF": featkit.bow("char_wb", (2, 3), tfidf=True),
    "from Chinese to hashed counts": featkit.bow("cjk", hashed=50, stop_words=None),
    "an image's edges": featkit.Convolve(featkit.sobel_kernels()[[0, 1, 0]], groups=3, padding="same", fill="mirror")
    | featkit.EdgeStrength()
    | featkit.MaxPool(2)
    | featkit.BlockDct(4),
    "the front of a network": featkit.Convolve(_KERNELS, padding=1)
    | featkit.Relu()
    | featkit.MaxPool(3, 2, 1)
    | featkit.AdaptiveAveragePool(2)
    | featkit.Flatten(),
    "the histogram of edges": featkit.LocalBinaryPattern(method="uniform")
    | featkit.Histogram(10, -0.5, 9.5, "share", "float32"),
    "the energy of an image": featkit.ImageSpectrum() | featkit.RadialEnergy() | featkit.Log(),
    "learned kernels": featkit.LearnKernels(4, 5, contrast=0.1) | featkit.AdaptiveAveragePool(2) | featkit.Flatten(),
    "learns inside": _FRAMES | featkit.Cmvn(variance=False) | featkit.Dct(5),
}


def _options(hint):
    """What a field is tested with: every choice of a Literal, alone where it takes several, both values of a bool."""
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    if hint is bool:
        return (False, True)
    if typing.get_origin(hint) is tuple:
        return tuple((value,) for value in _options(typing.get_args(hint)[0]))
    return tuple(value for option in typing.get_args(hint) for value in _options(option))


def _label(stage):
    fields = stage.fields()
    default = type(stage).__dataclass_fields__
    if not fields:
        return type(stage).__name__
    changed = {name: value for name, value in fields.items() if not np.array_equal(default[name].default, value)}
    values = ",".join(f"{name}={'...' if len(str(value)) > 16 else value}" for name, value in changed.items())
    return f"{type(stage).__name__}({values})"


def shorter_defaults(kind):
    """What takes the place of defaults that count rows by the ten thousands (FixLength: half a minute of samples)."""
    defaults = {name: field.default for name, field in kind.__dataclass_fields__.items()}
    return {
        name: 30
        for name, value in defaults.items()
        if isinstance(value, int) and value > 10_000 and not name.endswith("rate")
    }


def build_instances(kinds, table):
    """Instances by label, and for each class of which there is none, or a derived one fails, a sentence."""
    found, problems = {}, {}
    for kind in kinds:
        stages = list(table.get(kind.__name__, ()))
        try:
            stages.insert(0, kind(**shorter_defaults(kind)))
        except TypeError as error:
            if not stages:
                problems[kind.__name__] = (
                    f"{kind.__name__} can't be made of its defaults ({error}), and an instance is missing from TABLE "
                    "in tests/contract/conftest.py"
                )
                continue
        for name, hint in field_types(kind).items():
            for value in _options(hint):
                try:
                    stages.append(stages[0].with_(**{name: value}))
                except featkit.FeatkitError as error:
                    problems[kind.__name__] = f"{stages[0]!r} with {name}={value!r} fails: {error}"
        for stage in dict.fromkeys(stages):
            label = _label(stage)
            again = sum(known.partition(" #")[0] == label for known in found)
            found[f"{label} #{again + 1}" if again else label] = stage
    return found, problems


def learns(stage):
    return isinstance(stage, featkit.Learner) or any(map(learns, stage.parts().values()))


# --- rows -------------------------------------------------------------------------------------------------------------

# stages on energies and masses whose axes don't say so, as "bin" and "mel" do
NOT_NEGATIVE = {"Pcen", "CoOccurrenceProperties", "Hog", "HuMoments"}
WIDTHS = {
    "bin": 257,
    "phasor": 17,
    "tap": 400,
    "mel": 40,
    "width": 34,
    "channel": 3,
}  # axes that want a width of their own


def row_shape_in(stage):
    """The shape of a row that the stage takes."""
    inner = ["*"] if "..." in stage.axes()[0] else stage.axes()[0][1:]
    usual = tuple(WIDTHS.get(axis, 13) for axis in inner)
    for shape in (usual, *itertools.product((13, 40, 257, 400, 3), repeat=len(inner))):
        try:
            stage.row_shape(shape)
        except featkit.ShapeError:
            continue
        return shape
    raise AssertionError(f"no row fits {stage!r}; add the width of its axes to WIDTHS")


def rows_for(stage, n, dtype=np.float32, seed=0):
    """``n`` rows that the stage takes: loud, quiet and silent ones, read-only."""
    rng = np.random.default_rng([seed, 7])
    given = stage.axes()[0]
    if given[0] == "document" and given != ("document", "term"):
        words = np.array(
            ["the", "Cat", "sat", "on", "a", "mat,", "and", "saw", "naïve", "cat", "我爱你", "ΟΔΟΣ", "ﬁne", "\t "]
        )
        listed = [rng.choice(words, size=rng.integers(0, 9)).tolist() for _ in range(n)]
        return list(map(" ".join, listed)) if given == ("document",) else listed
    if given == ("height", "width", "channel"):
        rows = rng.integers(0, 256, (n, *row_shape_in(stage))).astype(dtype)  # the levels of an 8-bit image
        rows.setflags(write=False)
        return rows
    if given[0] == "example":
        made = {name: rng.dirichlet(np.ones(13), n).astype(dtype) for name in ("sound", "picture")}
        for rows in made.values():
            rows.setflags(write=False)
        return featkit.Modalities(made)
    rows = rng.standard_normal((n, *row_shape_in(stage)))
    if given[-1] == "phasor":
        rows = rows + 1j * rng.standard_normal(rows.shape)
    elif given[-1] in ("bin", "mel", "term") or type(stage).__name__ in NOT_NEGATIVE:
        rows **= 2
    if given == ("sample",):
        rows *= 0.1 * (1 + np.sin(np.arange(n) / 300.0))
        rows[200:300] = 0
    else:
        rows[2::5] *= 1e-3
        rows[3::7] = 0
    rows = rows.astype(np.result_type(dtype, np.complex64) if rows.dtype.kind == "c" else dtype)
    rows.setflags(write=False)
    return rows


def enough(stage):
    """A number of rows that gives several rows out."""
    return 1300 if stage.axes()[0] == ("sample",) else 40


def labels_for(stage, items):
    """What ``fit`` is told beside the items: nothing, or the labels of their rows."""
    inside = [stage]
    for one in inside:
        inside += one.parts().values()
    if not any(isinstance(one, featkit.Supervised) for one in inside):
        return ()
    many = any(isinstance(one, featkit.MultiLabelClassifier) or one.fields().get("labels") == "many" for one in inside)
    label = (lambda at: [at % 13, (at * at) % 13]) if many else (lambda at: at % 13)
    return ([[label(at) for at in range(len(item))] for item in items],)


def fitted(stage):
    stage = featkit.draw(stage, seed=1, item="a.wav")
    if not learns(stage):
        return stage
    items = [rows_for(stage, 4 * enough(stage), np.float64, seed) for seed in (1, 2)]
    return stage.fit(items, *labels_for(stage, items))


# --- comparing --------------------------------------------------------------------------------------------------------


def same_bytes(one, other):
    """Fail unless both hold the same rows: type, dtype, shape and bytes."""
    assert type(one) is type(other)
    if isinstance(one, featkit.Modalities):
        assert one.names == other.names
        for name in one.names:
            same_bytes(one[name], other[name])
        return
    if isinstance(one, (list, featkit.Strings, featkit.Tokens)):
        assert one == other
        return
    if not isinstance(one, np.ndarray):  # a CSR matrix, which may have a million columns
        assert one.shape == other.shape
        for part in ("data", "indices", "indptr"):
            same_bytes(getattr(one, part), getattr(other, part))
        return
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    if one.tobytes() != other.tobytes():
        rows = np.flatnonzero([a.tobytes() != b.tobytes() for a, b in zip(one, other, strict=True)])
        pytest.fail(
            f"{len(rows)} of {len(one)} rows differ, the first is {rows[0]}: {one[rows[0]]} != {other[rows[0]]}"
        )


def outcome(function, *arguments):
    """What a call returns, or the words with which featkit refuses it."""
    try:
        return function(*arguments)
    except featkit.FeatkitError as error:
        return [f"{type(error).__name__}: {error}"]


def split(rows, cuts):
    """Cut rows at the given places; a place given twice makes an empty piece."""
    places = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    return [rows[start:end] for start, end in itertools.pairwise(places)]


def streamed(stage, pieces):
    """All rows that a stream gives for the pieces, each of which is overwritten as soon as it was pushed."""
    stream = stage.stream()
    out = []
    for piece in pieces:
        if isinstance(piece, np.ndarray):
            piece = piece.copy()
        out.append(stream.push(piece))
        if isinstance(piece, np.ndarray):
            piece[...] = np.nan
    out.append(stream.finish())
    return concatenate(out)


@pytest.fixture(scope="session")
def on():
    """The functions above: test modules can't import each other or this file."""
    return SimpleNamespace(
        build_instances=build_instances, enough=enough, fitted=fitted,
        labels_for=labels_for, learns=learns, outcome=outcome, rows_for=rows_for,
        row_shape_in=row_shape_in, same_bytes=same_bytes, split=split, streamed=streamed, problems=_instances()[1],
        MovingDifference=MovingDifference, RealPart=RealPart, UtteranceMean=UtteranceMean,
    )  # fmt: skip


@pytest.fixture
def published(monkeypatch):
    """The stages of the tests, as public as featkit's own."""
    for kind in TEST_ONLY:
        monkeypatch.setattr(featkit, kind.__name__, kind, raising=False)


@cache
def _instances():
    found, problems = build_instances(featkit.stages().values(), TABLE)
    return found | PIPELINES, problems


@cache
def _usable():
    return {label: fitted(stage) for label, stage in _instances()[0].items()}


def pytest_generate_tests(metafunc):
    choices = {
        "kind": lambda: featkit.stages(),
        "instance": lambda: _instances()[0],
        "usable": _usable,
        "numeric": lambda: {
            label: stage for label, stage in _usable().items() if stage.axes()[0][0] not in ("document", "example")
        },
        "streamable": lambda: {label: stage for label, stage in _usable().items() if stage.streamable},
        "chained": lambda: {label: stage for label, stage in _usable().items() if isinstance(stage, Pipeline)},
    }
    for name, find in choices.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [pytest.param(value, id=label) for label, value in find().items()])
    if "precision" in metafunc.fixturenames:
        metafunc.parametrize("precision", [np.float32, np.float64], ids=["float32", "float64"])
