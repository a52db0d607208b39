"""From manifests to decisions: the features of sound, images and text of every sample, a model over them, and its file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from math import sqrt
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit import presets
from featkit.audio.cepstrum import Dct
from featkit.audio.deltas import Deltas
from featkit.audio.gain import PeakNormalise
from featkit.audio.mel import MelBank
from featkit.audio.resample import Resample
from featkit.audio.textbook import spectrogram
from featkit.catalogue import parse
from featkit.errors import FeatkitError, InputError, ParameterError, ReadError, did_you_mean
from featkit.files.image import images, read_image
from featkit.files.manifest import MODALITIES, Problem, Sample
from featkit.files.model import load_model, save_model
from featkit.files.sound import blocks, read
from featkit.fusion.average import WeightedAverage
from featkit.fusion.classifier import SoftmaxClassifier
from featkit.fusion.concatenate import Concatenate
from featkit.fusion.each import Each
from featkit.fusion.folds import choose_l2
from featkit.fusion.labels import ManyLabels, OneLabel
from featkit.fusion.modalities import Modalities
from featkit.fusion.multilabel import MultiLabelClassifier, best_thresholds
from featkit.fusion.pca import Pca
from featkit.fusion.weights import FitWeights, simplex
from featkit.image.convolve import Convolve
from featkit.image.flatten import Flatten
from featkit.image.hog import Hog
from featkit.image.kernels import gaussian_kernels
from featkit.image.patches import Patches
from featkit.image.resize import Resize
from featkit.numeric import Array, Rows, concatenate
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.normalise import Cmvn
from featkit.rows.pool import Pool
from featkit.rows.scale import Affine, Identity
from featkit.rows.segments import SegmentMeans
from featkit.rows.spread import UnitSpread
from featkit.stage import Stage
from featkit.text.textbook import bow

Fusion = Literal["late", "mean", "concat", "average"]
#: Gives items one by one, and may show how far it is with what.
Watch = Callable[[Any, str], Iterable[Any]]
#: The features that are taken unless others are asked for.
DEFAULTS = {"audio": "mfcc", "image": "hog", "text": "tfidf"}
#: Larger images are brought to this many rows and columns.
_SIDE = 64
#: Penalties that cross-validation chooses from.
_L2S = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)


class Model(NamedTuple):
    """What is done to every sample, and to all of them; the first two are None where the modality is not used."""

    audio: Stage | None  # samples at ``rate`` to one row
    image: Stage | None  # an image of ``height`` and ``width`` to one row
    head: Pipeline  # modalities to probabilities
    facts: dict[str, Any]

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those that it decides by."""
        return tuple(self.facts["modalities"])

    @property
    def named(self) -> OneLabel | ManyLabels:
        """What the columns of its output stand for."""
        last = self.head.stages[-1]
        assert isinstance(last, (OneLabel, ManyLabels))
        return last

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write it to an ``.npz`` file; see :func:`featkit.files.model.save_model`."""
        stages = {"audio": self.audio, "image": self.image, "head": self.head}
        kept = {name: stage for name, stage in stages.items() if stage is not None}
        save_model(path, kept, {"kind": "multimodal", **self.facts}, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read a model that :meth:`save` wrote.

        Raises
        ------
        ReadError
            If the file is no such model, or damaged.
        """
        stages, facts = load_model(path, parse)
        if facts.get("kind") != "multimodal" or not isinstance(stages.get("head"), Pipeline):
            raise ReadError(
                f"{os.fspath(path)} holds stages, but no model of featkit train; read them with featkit.files.model.load_model"
            )
        return cls(stages.get("audio"), stages.get("image"), stages["head"], facts)

    def features(self, samples: Iterable[Sample]) -> tuple[Modalities, list[Sample], list[Problem]]:
        """One row of features for every modality of every sample, the samples, and those that cannot be read."""
        return _features(samples, self.modalities, self.audio, self.image, self.facts)

    def predict(self, rows: Modalities) -> Array:
        """The probability of every label."""
        probabilities: Array = self.head(rows)
        return probabilities


class Trained(NamedTuple):
    """A model, and how it came about."""

    model: Model
    report: dict[str, Any]
    problems: list[Problem]


def train(
    samples: Sequence[Sample],
    *,
    audio: str | None = DEFAULTS["audio"],
    image: str | None = DEFAULTS["image"],
    text: str | None = DEFAULTS["text"],
    fusion: Fusion = "late",
    folds: int = 5,
    seed: int = 0,
    watch: Watch = lambda items, what: items,
) -> Trained:
    """Learn from samples what their labels are; all that is chosen, is chosen on them, by cross-validation.

    Parameters
    ----------
    samples : sequence of Sample
        Of a manifest; those whose label is a list make a model of many labels.
    audio, image, text : str or None
        The features of each modality (:func:`audio_features` ...); None leaves it out. One that no sample has is left out, too.
    fusion : str
        ``"late"``: a classifier for each modality and the product of their probabilities, ``"mean"``: their average, each with
        weights that are learned; ``"concat"``: one classifier on all features side by side; ``"average"``: one on the weighted
        average of features that a :class:`featkit.Pca` of each modality brings to one width.
    folds, seed : int
        Of the cross-validation.
    watch : callable
        ``watch(items, what)`` gives the items one by one and may show how far it is: samples that are read, folds.

    Raises
    ------
    InputError
        If there are too few samples, or labels, to learn from.
    ParameterError
        For features that aren't known.
    """
    asked = {"audio": audio, "image": image, "text": text}
    gathered = gather(samples, asked, watch=watch)
    if len(gathered.samples) < folds:
        raise InputError(
            f"{len(gathered.samples)} samples could be read, which is too few to learn from in {folds} folds"
        )
    labels = [sample.label for sample in gathered.samples]
    head, report = fit_head(gathered.rows, labels, prepared(gathered), fusion, folds=folds, seed=seed, watch=watch)
    facts = {
        **gathered.facts,
        "fusion": fusion,
        "label": "labels" if isinstance(labels[0], list) else "label",
        "samples": len(labels),
    }
    return Trained(Model(gathered.audio, gathered.image, head, facts), report, gathered.problems)


class Gathered(NamedTuple):
    """The features of samples, and how they were made."""

    rows: Modalities
    samples: list[Sample]
    problems: list[Problem]
    audio: Stage | None
    image: Stage | None
    facts: dict[str, Any]


def gather(
    samples: Sequence[Sample], asked: Mapping[str, str | None], *, watch: Watch = lambda items, what: items
) -> Gathered:
    """The features of samples that are to be learned from.

    The sampling rate and the size of images are those that most of the samples have; others are resampled and resized.

    Parameters
    ----------
    samples : sequence of Sample
    asked : mapping of str to str or None
        The features of each modality.
    watch : callable
        As in :func:`train`.

    Raises
    ------
    InputError
        If no sample has any of the modalities, or none can be read.
    ParameterError
        For features that aren't known.
    """
    there = {name for sample in samples for name in sample.names}
    modalities = tuple(name for name in MODALITIES if asked.get(name) is not None and name in there)
    if not modalities:
        raise InputError("the samples have none of the modalities that are asked for; name at least one that they have")
    facts = _measure(samples, modalities) | {
        "modalities": list(modalities),
        "features": {name: asked[name] for name in modalities},
    }
    if "text" in modalities:
        text_features(str(asked["text"]))  # what is wrong with it is said before anything is read
    hear = audio_features(str(asked["audio"]), facts["rate"]) if "audio" in modalities else None
    see = image_features(str(asked["image"]), facts["height"], facts["width"]) if "image" in modalities else None
    return Gathered(*_features(watch(samples, "reading"), modalities, hear, see, facts), hear, see, facts)


def prepared(gathered: Gathered) -> dict[str, Pipeline]:
    """What is learned of every modality's rows before anything else: terms, the scale of columns, that of all of them."""
    stages = {"audio": Cmvn() | UnitSpread(), "image": pipeline(UnitSpread())}
    features: dict[str, str] = gathered.facts["features"]
    return {
        name: text_features(spec) | UnitSpread() if name == "text" else stages[name] for name, spec in features.items()
    }


def fit_head(
    rows: Modalities,
    labels: Sequence[Any],
    prepared: dict[str, Pipeline],
    fusion: Fusion = "late",
    *,
    folds: int = 5,
    seed: int = 0,
    l2s: Sequence[float] = _L2S,
    watch: Watch = lambda items, what: items,
) -> tuple[Pipeline, dict[str, Any]]:
    """Learn the stages from modalities to probabilities, and say what was chosen.

    Parameters
    ----------
    rows : Modalities
    labels : sequence
        Of every sample its label, or a list of labels.
    prepared : dict of str to Pipeline
        What is done to the rows of each modality before anything else; what it learns is learned in each fold anew.
    fusion, folds, seed
        As in :func:`train`.
    l2s : sequence of float
        The penalties that are tried.
    watch : callable
        As in :func:`train`.
    """
    many = isinstance(labels[0], list)
    classifier = MultiLabelClassifier(held_out=0.0, tolerance=_NEAR) if many else SoftmaxClassifier(tolerance=_NEAR)
    report: dict[str, Any] = {}
    if fusion in ("concat", "average"):
        early = (
            [Each(tuple(prepared.items())) | Concatenate(missing="indicate")]
            if fusion == "concat"
            else _averages(rows, prepared, folds)
        )
        tried = [
            choose_l2(features, classifier, l2s, rows, labels, folds, seed, _shown(watch, "learning"))
            for features in early
        ]
        best = int(np.argmin([chosen.loss for chosen in tried]))
        features, chosen = early[best], tried[best]
        fitted = (features | classifier.with_(l2=chosen.l2)).fit([rows], [labels])
        if fusion == "average":
            report["weights"] = dict(zip(prepared, features["weighted_average"].weights, strict=True))  # type: ignore[attr-defined]
        report |= {"l2": chosen.l2, "loss": chosen.loss}
        return _with_thresholds(fitted, chosen.probabilities, labels), report
    branches, apart = [], {}
    report |= {"l2": {}, "loss": {}}
    for name, before in prepared.items():
        marks = np.flatnonzero(rows.present[name])
        part, told = rows.only([name]).take(marks), [labels[at] for at in marks.tolist()]
        chosen = choose_l2(before, classifier, l2s, part[name], told, folds, seed, _shown(watch, f"learning {name}"))
        branches.append((name, before | classifier.with_(l2=chosen.l2)))
        apart[name] = np.zeros((len(labels), chosen.probabilities.shape[1]))
        apart[name][marks] = chosen.probabilities
        report["l2"][name], report["loss"][name] = chosen.l2, chosen.loss
    each = Each(tuple(branches)).fit([rows], [labels])
    seen = Modalities(apart, rows.present)
    learner = FitWeights("product" if fusion == "late" else "mean", "many" if many else "one", "rest")
    weigh = learner.fit([seen], [labels])
    report["weights"] = dict(zip(prepared, weigh.weights, strict=True))  # type: ignore[attr-defined]
    last = each.branches[0][1].stages[-1]  # type: ignore[attr-defined]
    return _with_thresholds(pipeline(each, weigh, last), weigh(seen), labels), report


def _shown(watch: Watch, what: str) -> Callable[[Any], Iterable[Any]]:
    return lambda items: watch(items, what)


def _averages(rows: Modalities, prepared: dict[str, Pipeline], folds: int) -> list[Pipeline]:
    """Weighted averages of features of one width, for weights all over, none of them 0."""
    learned_from = [int(rows.present[name].sum()) * (folds - 1) // folds - folds for name in prepared]
    widths = [rows[name].shape[1] for name in prepared if not isinstance(rows[name], list)]
    width = max(1, min(128, *learned_from, *widths))
    each = Each(tuple((name, before | Pca(width)) for name, before in prepared.items()))
    shares = [share for share in simplex(len(prepared), len(prepared) + 2) if all(share)]
    return [each | WeightedAverage(weights, "rest") for weights in shares]


#: How far the weights may be from the optimum, at most: what the labels' probabilities are is settled long before.
_NEAR = 0.02


def _with_thresholds(fitted: Pipeline, probabilities: Array, labels: Sequence[Any]) -> Pipeline:
    """The pipeline, with the thresholds that do best on probabilities of rows that were not learned from."""
    last = fitted.stages[-1]
    if not isinstance(last, ManyLabels):
        return fitted
    thresholds = best_thresholds(probabilities, last.indicators(labels))
    return pipeline(*fitted.stages[:-1], last.with_(thresholds=thresholds))


# --- the features of a sample -------------------------------------------------------------------------------------------


def audio_features(spec: str, rate: int) -> Pipeline:
    """From a signal to one row: features of frames, and how they move, in six parts of the time, and how much they vary.

    Parameters
    ----------
    spec : str
        ``"mfcc"`` (of log(1 + energy), which hides what is softer than the signal's peak by far), a preset
        (``"kaldi/mfcc"``), or stages as :func:`featkit.parse` reads them.
    rate : int

    Examples
    --------
    >>> audio_features("kaldi/mfcc", 8000)(np.sin(np.arange(8000.0))).shape
    (1, 182)
    """
    if "(" in spec:
        frames = pipeline(parse(spec))
    elif spec == "mfcc":
        frames = PeakNormalise() | spectrogram(rate) | MelBank(26, rate) | Log(offset=1.0) | Dct(20)
    elif "/" in spec:
        frames = presets.get(spec, **presets.rate_options(spec, rate))
    else:
        raise _unknown("audio", spec, ["mfcc", *presets.names()])
    return frames | Join((Identity(), Deltas())) | Join((SegmentMeans(6), Pool(("std",))))


def image_features(spec: str, height: int, width: int) -> Pipeline:
    """From a grey image with values up to 255 to one row.

    Parameters
    ----------
    spec : str
        ``"hog"``: gradients of the smoothed image in cells of a seventh and of a quarter of its side, and the pixels;
        ``"patches"``: the pixels in patches of a quarter of its side, ``"pixels"``; or stages as :func:`featkit.parse` reads
        them.
    height, width : int

    Examples
    --------
    >>> image_features("hog", 28, 28)(np.zeros((28, 28, 1))).shape
    (1, 2404)
    """
    side = min(height, width)
    unit = Affine(1 / 255)
    pixels = Flatten() | Affine(2 / sqrt(height * width))
    if "(" in spec:
        return parse(spec) | Flatten()
    if spec == "pixels":
        return unit | pixels
    if spec == "patches":
        return unit | Patches(max(1, side // 4)) | pixels
    if spec != "hog":
        raise _unknown("image", spec, ["hog", "patches", "pixels"])
    smooth = Convolve(gaussian_kernels(1.0), padding="same", fill="mirror")
    cells = [max(2, round(side / 7)), max(2, round(side / 4))]
    # Every block is of length 1, so that so many blocks have that much variance.
    sizes = [(height // cell - 1) * (width // cell - 1) for cell in cells]
    gradients = [
        smooth | Hog(9, cell, 2) | Flatten() | Affine(sqrt(2 / size)) for cell, size in zip(cells, sizes, strict=True)
    ]
    return unit | Join((*gradients, pixels))


def text_features(spec: str) -> Pipeline:
    """From documents to a CSR matrix; what it learns is yet to be learned.

    Parameters
    ----------
    spec : str
        ``"tfidf"``: words, pairs of words, and two to four characters within words; ``"words"``, ``"characters"``: one of both;
        ``"bow"``: counts of words; or stages as :func:`featkit.parse` reads them.

    Examples
    --------
    >>> fitted, (rows,) = text_features("tfidf").fit_apply([["seven , not eight", "eight"]])
    >>> rows.shape
    (2, 46)
    """
    if "(" in spec:
        return pipeline(parse(spec))
    words, characters = bow("word", (1, 2), tfidf=True), bow("char_wb", (2, 4), tfidf=True)
    known = {"tfidf": pipeline(Join((words, characters))), "words": words, "characters": characters, "bow": bow()}
    if spec not in known:
        raise _unknown("text", spec, list(known))
    return known[spec]


def _unknown(modality: str, spec: str, known: list[str]) -> ParameterError:
    near = did_you_mean(spec, known) or f"; there are {', '.join(known[:8])}" + (" ..." if known[8:] else "")
    return ParameterError(f"no features of {modality} are called {spec!r}{near}")


# --- reading ------------------------------------------------------------------------------------------------------------


def _measure(samples: Sequence[Sample], modalities: Sequence[str]) -> dict[str, Any]:
    """The sampling rate and the image size that most samples have; what cannot be opened is reported when it is read."""
    rates: Counter[int] = Counter()
    sizes: Counter[tuple[int, int]] = Counter()
    for sample in samples:
        with suppress(FeatkitError):
            if "audio" in modalities and sample.audio is not None:
                rates[blocks(sample.audio, channels="mix").rate] += 1
        with suppress(FeatkitError):
            if "image" in modalities and sample.image is not None:
                file = images(sample.image)
                sizes[file.height, file.width] += 1
    facts: dict[str, Any] = {}
    if "audio" in modalities:
        facts["rate"] = rates.most_common(1)[0][0] if rates else 16000
    if "image" in modalities:
        height, width = sizes.most_common(1)[0][0] if sizes else (_SIDE, _SIDE)
        facts["height"], facts["width"] = min(height, _SIDE), min(width, _SIDE)
    return facts


def _features(
    samples: Iterable[Sample],
    modalities: Sequence[str],
    audio: Stage | None,
    image: Stage | None,
    facts: dict[str, Any],
) -> tuple[Modalities, list[Sample], list[Problem]]:
    found: dict[str, list[Any]] = {name: [] for name in modalities}
    kept, problems = [], []
    for sample in samples:
        if not set(sample.names) & set(modalities):
            problems.append(Problem(sample.line, f"it has none of {', '.join(modalities)}"))
            continue
        try:
            row = {name: _row(sample, name, audio, image, facts) for name in modalities}
        except FeatkitError as error:
            problems.append(Problem(sample.line, str(error)))
            continue
        kept.append(sample)
        for name, part in row.items():
            found[name].append(part)
    if not kept:
        raise InputError(
            "no sample could be read" + (f"; the first of {len(problems)} problems: {problems[0]}" if problems else "")
        )
    present = {name: np.array([part is not None for part in parts]) for name, parts in found.items()}
    return Modalities({name: _stacked(name, parts) for name, parts in found.items()}, present), kept, problems


def _row(sample: Sample, name: str, audio: Stage | None, image: Stage | None, facts: dict[str, Any]) -> Any:
    """One row of features (of text, itself); None where the sample lacks the modality."""
    if getattr(sample, name) is None:
        return None
    if name == "text":
        return sample.text
    if name == "audio":
        assert audio is not None
        signal, rate = read(sample.audio, channels="mix")  # type: ignore[arg-type]
        if rate != facts["rate"]:
            signal = Resample(facts["rate"], from_rate=rate)(signal)
        row = audio(signal)
    else:
        assert image is not None
        pixels = read_image(sample.image, mode="grey", dtype="float32")  # type: ignore[arg-type]
        size = (facts["height"], facts["width"])
        row = image(pixels if pixels.shape[:2] == size else Resize(size)(pixels))
    if len(row) != 1:
        raise InputError(
            f"{getattr(sample, name)} gives {len(row)} rows of features where one is needed; it is too short"
        )
    return row


def _stacked(name: str, parts: list[Any]) -> Rows:
    if name == "text":
        return ["" if part is None else part for part in parts]
    some = next((part for part in parts if part is not None), None)
    if some is None:
        raise InputError(f"no sample has {name} that can be read")
    return concatenate([np.zeros_like(some) if part is None else part for part in parts])
