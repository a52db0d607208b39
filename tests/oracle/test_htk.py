"""HTK's features against plain loops in float64, written from its definition; options drawn by Hypothesis."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.presets import htk


def filter_bank(spectrum, o, n_fft, rate):
    """Each bin is shared between the two filters around it, in proportion of its mel distance to their centres."""

    def mel(hz):
        return 1127 * math.log(1 + hz / 700)

    def warped(hz):
        if o["WARPFREQ"] == 1:
            return hz
        scale = 1 / o["WARPFREQ"]
        lower, upper = (2 * o[name] / (1 + scale) for name in ("WARPLCUTOFF", "WARPUCUTOFF"))
        if hz > upper:
            return (top - scale * upper) / (top - upper) * (hz - upper) + scale * upper
        if hz < lower:
            return (scale * lower - bottom) / (lower - bottom) * (hz - bottom) + bottom
        return scale * hz

    bottom = max(o["LOFREQ"], 0)
    top = o["HIFREQ"] if o["HIFREQ"] >= 0 else rate / 2
    n, low, high = o["NUMCHANS"], mel(bottom), mel(top)
    even = [low + (high - low) * c / (n + 1) for c in range(n + 2)]
    centres = [low] + [mel(warped(700 * (math.exp(m / 1127) - 1))) for m in even[1:]]
    bands = np.zeros(n + 2)
    for k, value in enumerate(spectrum):
        hz = k * rate / n_fft
        below = o["LOFREQ"] >= 0 and k < int(o["LOFREQ"] * n_fft / rate + 2.5) - 1
        above = o["HIFREQ"] >= 0 and k > int(o["HIFREQ"] * n_fft / rate + 0.5) - 1
        if k == 0 or k == n_fft // 2 or below or above:
            continue
        c = next(c for c in range(n + 1) if centres[c] <= mel(hz) <= centres[c + 1])
        share = (centres[c + 1] - mel(hz)) / (centres[c + 1] - centres[c])
        bands[c] += share * value
        bands[c + 1] += (1 - share) * value
    return bands[1:-1], [700 * (math.exp(m / 1127) - 1) for m in centres[1:-1]]


def predicted_cepstrum(bands, centres, o):
    loud = []
    for value, hz in zip(bands, centres, strict=True):
        square = hz * hz
        curve = (square / (square + 1.6e5)) ** 2 * (square + 1.44e6) / (square + 9.61e6)
        loud.append((max(value, 1.0) * curve) ** o["COMPRESSFACT"])
    loud = [loud[0], *loud, loud[-1]]
    last, order = len(loud) - 1, o["LPCORDER"]
    r = [
        sum((1 if j in (0, last) else 2) * v * math.cos(math.pi * i * j / last) for j, v in enumerate(loud))
        / (2 * last)
        for i in range(order + 1)
    ]
    matrix = np.array([[r[abs(i - j)] for j in range(order)] for i in range(order)])
    a = np.linalg.solve(matrix, [-value for value in r[1:]])
    gain = r[0] + sum(x * y for x, y in zip(a, r[1:], strict=True))
    c = [math.log(gain)]
    for n in range(1, o["NUMCEPS"] + 1):
        c.append(-(a[n - 1] + sum((n - i) * a[i - 1] * c[n - i] for i in range(1, n)) / n))
    return c


def static_features(kind, signal, o):
    """Rows of coefficients, C0 and energy (log of the sum of squares), where they are asked for."""
    marks = o["TARGETKIND"].split("_")[1:]
    length, hop = int(o["WINDOWSIZE"] / o["SOURCERATE"]), int(o["TARGETRATE"] / o["SOURCERATE"])
    n_fft = 2 ** max(1, math.ceil(math.log2(length))) * (2 if o["DOUBLEFFT"] else 1)
    rows = []
    for start in range(0, len(signal) - length + 1, hop):
        s = signal[start : start + length].astype(float)
        if o["ZMEANSOURCE"]:
            s = s - s.mean()
        raw = (s * s).sum()
        s = np.concatenate([[s[0] * (1 - o["PREEMCOEF"])], s[1:] - o["PREEMCOEF"] * s[:-1]])
        if o["USEHAMMING"]:
            s = s * (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1)))
        spectrum = abs(np.fft.rfft(s, n_fft)) ** (2 if o["USEPOWER"] else 1)
        bands, centres = filter_bank(spectrum, o, n_fft, 1e7 / int(o["SOURCERATE"]))
        logs = np.log(np.maximum(bands, 1.0))
        if kind == "mfcc":
            n = o["NUMCHANS"]
            c = [
                math.sqrt(2 / n) * sum(v * math.cos(math.pi * i / n * (j + 0.5)) for j, v in enumerate(logs))
                for i in range(o["NUMCEPS"] + 1)
            ]
        if kind == "plp":
            c = predicted_cepstrum(bands, centres, o)
        if kind in ("mfcc", "plp"):
            lifter = [
                1 + o["CEPLIFTER"] / 2 * math.sin(math.pi * i / o["CEPLIFTER"]) if o["CEPLIFTER"] else 1
                for i in range(len(c))
            ]
            c = [o["CEPSCALE"] * x * y for x, y in zip(c, lifter, strict=True)]
            row = c[1:] + ([c[0]] if "0" in marks else [])
        else:
            row = list(logs if kind == "fbank" else bands)
        if "E" in marks:
            energy = raw if o["RAWENERGY"] else (s * s).sum()
            row.append(math.log(energy) if energy > 0 else -1e10)
        rows.append(row)
    return np.array(rows)


def slopes(rows, window, simple):
    made = np.empty_like(rows)
    last = len(rows) - 1
    for t in range(len(rows)):
        ahead = [rows[min(t + n, last)] for n in range(window + 1)]
        back = [rows[max(t - n, 0)] for n in range(window + 1)]
        steps = [n * (ahead[n] - back[n]) for n in range(1, window + 1)]
        made[t] = (
            (ahead[-1] - back[-1]) / (2 * window)
            if simple
            else sum(steps) / (2 * sum(n * n for n in range(1, window + 1)))
        )
    return made


def features(kind, signal, o):
    marks = o["TARGETKIND"].split("_")[1:]
    statics = static_features(kind, signal, o)
    if "E" in marks and o["ENORMALISE"]:
        energy, peak = statics[:, -1], statics[:, -1].max()
        statics[:, -1] = [1 - (peak - max(e, peak - o["SILFLOOR"] * math.log(10) / 10)) * o["ESCALE"] for e in energy]
    parts = [statics]
    for mark, window in (("D", "DELTAWINDOW"), ("A", "ACCWINDOW"), ("T", "THIRDWINDOW")):
        if mark in marks:
            parts.append(slopes(parts[-1], o[window], o["SIMPLEDIFFS"]))
    if "Z" in marks:
        centred = statics - statics.mean(axis=0)
        if "E" in marks:
            centred[:, -1] = statics[:, -1]
        parts[0] = centred
    if "N" in marks:
        parts[0] = parts[0][:, :-1]
    return np.concatenate(parts, axis=1)


@st.composite
def kinds(draw):
    kind = draw(st.sampled_from(["mfcc", "fbank", "melspec", "plp"]))
    zero = ["", "_0"] if kind in ("mfcc", "plp") else [""]
    energy = draw(st.sampled_from([*zero, "_E"]))
    deltas = draw(st.sampled_from(["", "_D", "_D_A", "_D_A_T"]))
    rest = draw(st.sampled_from(["", "_Z", "_N", "_Z_N"] if energy and deltas else ["", "_Z"]))
    return kind, kind.upper() + deltas + energy + rest


@st.composite
def options(draw):
    kind, target = draw(kinds())
    n = draw(st.integers(8, 30))
    source = draw(st.sampled_from([625.0, 1250.0, 1e7 / 11025, 1e7 / 22050]))
    half = 0.5e7 / source
    o = {
        "TARGETKIND": target,
        "SOURCERATE": source,
        "ZMEANSOURCE": draw(st.booleans()),
        "TARGETRATE": draw(st.sampled_from([100000.0, 50000.0, 123456.0])),
        "WINDOWSIZE": draw(st.sampled_from([250000.0, 256000.0, 160000.0])),
        "USEHAMMING": draw(st.booleans()),
        "PREEMCOEF": draw(st.sampled_from([0.97, 0.0, 0.5])),
        "USEPOWER": draw(st.booleans()),
        "NUMCHANS": n,
        "LOFREQ": draw(st.sampled_from([-1.0, 0.0, 20.0, 64.0, 133.3])),
        "HIFREQ": draw(st.sampled_from([-1.0, half, 3400.0, 3717.0])),
        "DOUBLEFFT": draw(st.booleans()),
        "RAWENERGY": draw(st.booleans()),
        "ENORMALISE": draw(st.booleans()),
        "ESCALE": draw(st.sampled_from([0.1, 1.0])),
        "SILFLOOR": draw(st.sampled_from([50.0, 10.0])),
        "DELTAWINDOW": draw(st.integers(1, 4)),
        "ACCWINDOW": draw(st.integers(1, 4)),
        "THIRDWINDOW": draw(st.integers(1, 3)),
        "SIMPLEDIFFS": draw(st.booleans()),
        "WARPFREQ": draw(st.sampled_from([1.0, 0.9, 1.1, 1.15])),
        "WARPLCUTOFF": 200.0,
        "WARPUCUTOFF": 2800.0,
    }
    if kind in ("mfcc", "plp"):
        o |= {"CEPLIFTER": draw(st.sampled_from([22, 0, 10])), "CEPSCALE": draw(st.sampled_from([1.0, 10.0]))}
    if kind == "mfcc":
        o["NUMCEPS"] = draw(st.integers(2, n - 1))
    if kind == "plp":
        o |= {"LPCORDER": draw(st.integers(4, 13)), "COMPRESSFACT": draw(st.sampled_from([0.33, 0.5]))}
        o["NUMCEPS"] = draw(st.integers(2, o["LPCORDER"]))
    return kind, o


@given(options(), st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_features_are_those_of_the_loops(chosen, seed, frames):
    kind, o = chosen
    length, hop = int(o["WINDOWSIZE"] / o["SOURCERATE"]), int(o["TARGETRATE"] / o["SOURCERATE"])
    signal = np.random.default_rng(seed).integers(-8000, 8000, length + hop * frames).astype(np.int16)
    signal[length : length + hop] //= 100
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ mel filters")
        pipeline = getattr(htk, kind)(**o)
        assert htk.from_config({name: str(value) for name, value in o.items()}) == pipeline
        got = pipeline(signal / 32768.0)
    expected = features(kind, signal, o)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 1e-9 * max(1.0, np.abs(expected).max())


def test_silence_has_the_energy_of_the_void():
    signal = np.zeros(2000, np.float32)
    assert (htk.mfcc("MFCC_E", ENORMALISE=False)(signal)[:, -1] == np.float32(-1e10)).all()
    assert (htk.mfcc("MFCC_E")(signal)[:, -1] == 1).all()
    assert (htk.fbank()(signal) == 0).all()


def test_what_streams_and_what_does_not():
    assert htk.mfcc("MFCC_0_D_A").streamable
    assert htk.mfcc("MFCC_E_D_A", ENORMALISE=False).streamable
    with pytest.raises(featkit.NotStreamable, match=r"EnergyBelowPeak needs the whole input .*settle"):
        htk.mfcc("MFCC_E_D_A").stream()
    with pytest.raises(featkit.NotStreamable, match=r"UtteranceCmvn needs the whole input .*settle"):
        htk.mfcc("MFCC_0_Z").stream()


@pytest.mark.parametrize("target", ["MFCC_E_D_A_Z", "FBANK_E_D_N", "PLP_0_Z", "MELSPEC_E"])
def test_two_passes_stream_what_needs_everything(speech, target):
    config = {"TARGETKIND": target, "SOURCERATE": 625, "TARGETRATE": 100000}
    pipeline = htk.from_config(config)
    settled = pipeline.settle(np.array_split(speech, 7))
    assert settled.streamable
    rows = np.concatenate(list(settled.iterate(np.array_split(speech, 5))))
    assert rows.tobytes() == pipeline(speech).tobytes()


@pytest.mark.parametrize("stage", [featkit.EnergyBelowPeak(), featkit.UtteranceCmvn()])
def test_nothing_settles_nothing(stage):
    with pytest.raises(featkit.InputError, match=r"there is no frame to take the (peak|mean) of; give an input"):
        stage.settle([np.zeros((0, 3))])


def test_an_energy_column_must_be_there():
    with pytest.raises(featkit.ShapeError, match=r"the energy is to stand in column 3, but a row has 2"):
        featkit.EnergyBelowPeak(column=3)(np.zeros((4, 2)))
    with pytest.raises(featkit.ParameterError, match=r"peak and scale of an energy must be finite, got 0.0 and inf"):
        featkit.EnergyBelowPeak(scale=float("inf"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"TARGETKIND": "MFCC_A"}, "TARGETKIND=MFCC_A has _A without _D"),
        ({"TARGETKIND": "MFCC_D_T"}, "has _T without _A"),
        ({"TARGETKIND": "MFCC_0_E_D"}, "has _0 and _E with deltas, which HTK refuses"),
        ({"TARGETKIND": "MFCC_N"}, "has _N, which needs _D and one of _0 and _E"),
        ({"TARGETKIND": "MFCC_X"}, "knows the qualifiers _0 _E _D _A _T _Z _N _C _K only"),
        ({"TARGETKIND": "FBANK_0"}, "has no C0: _0 is for MFCC and PLP"),
        ({"TARGETKIND": "LPCEPSTRA"}, "is none of MFCC, FBANK, MELSPEC and PLP, which are here"),
        ({"NUMCHAN": "20"}, "HTK has no configuration parameter 'NUMCHAN'; did you mean 'NUMCHANS'"),
        ({"NUMCHANS": "2.5"}, "NUMCHANS must be an integer, got '2.5'"),
        ({"USEPOWER": "yes"}, "USEPOWER must be T or F, got 'yes'"),
        ({"HIFREQ": "high"}, "HIFREQ must be a number, got 'high'"),
        ({"V1COMPAT": "T"}, "V1COMPAT=T is not available"),
        ({"ADDDITHER": "1"}, "ADDDITHER=1 can't be honoured"),
        ({"USESILDET": "T"}, "USESILDET=T can't be honoured: it needs HTK's silence detector"),
        ({"CMEANDIR": "means"}, "CMEANDIR=means can't be honoured: it needs a file of means"),
        ({"SOURCEKIND": "FBANK"}, "SOURCEKIND=FBANK can't be honoured: featkit starts from a WAVEFORM"),
        ({"WARPFREQ": "1.1"}, "WARPFREQ=1.1 needs 0 < WARPLCUTOFF <= WARPUCUTOFF, got 0 and 0"),
        ({"NUMCEPS": "21"}, "NUMCEPS=21 must be 2 to NUMCHANS=20"),
        ({"TARGETKIND": "PLP", "NUMCEPS": "13"}, "NUMCEPS=13 must be 2 to LPCORDER=12"),
        ({"TARGETRATE": "100"}, "SOURCERATE=625 and TARGETRATE=100 are periods in 100 ns"),
        ({"WINDOWSIZE": "600"}, "WINDOWSIZE=600 is less than a sample of SOURCERATE=625"),
        ({"SOURCERATE": "0.5", "TARGETRATE": "1"}, "SOURCERATE=0.5 is below 1"),
    ],
)
def test_what_cannot_be_done_is_said(config, message):
    with pytest.raises(featkit.ParameterError, match=message):
        htk.from_config({"TARGETKIND": "MFCC", "SOURCERATE": "625", "TARGETRATE": "100000"} | config)


@pytest.mark.parametrize("missing", ["TARGETKIND", "SOURCERATE", "TARGETRATE"])
def test_what_a_configuration_must_have(missing):
    config = {"TARGETKIND": "MFCC", "SOURCERATE": 625, "TARGETRATE": 100000}
    with pytest.raises(featkit.ParameterError, match=f"the configuration has no {missing}; give it"):
        htk.from_config({name: value for name, value in config.items() if name != missing})
    assert htk.from_config(config | {"SAVECOMPRESSED": "T", "TARGETFORMAT": "HTK"}) == htk.from_config(config)


def test_lines_that_are_no_settings():
    text = "# of another module\nHADAPT: TRANSKIND = CMLLR\nTARGETKIND = MFCC\nTARGETRATE 100000\n"
    with pytest.raises(
        featkit.ParameterError, match="line 4 of the configuration is 'TARGETRATE 100000'; write NAME = VALUE"
    ):
        htk.from_config(text)
    assert htk.from_config(text.replace("E 1", "E = 1"), SOURCERATE=625, sample_scale=1.0)["affine"].scale == 1.0


@pytest.mark.parametrize("kind", ["mfcc", "fbank", "melspec", "plp"])
def test_defaults_are_the_same_everywhere(kind):
    options = featkit.presets.options_of(f"htk/{kind}")
    named = htk._Options(options["TARGETKIND"])
    assert {name: getattr(named, name) for name in options} == options
    assert options["TARGETKIND"] == kind.upper()


def test_a_function_is_of_its_kind():
    with pytest.raises(featkit.ParameterError, match="TARGETKIND=FBANK_D is not MFCC; use from_config"):
        htk.mfcc("FBANK_D")
