"""Descriptors, chroma, PCEN, the inverse transform and their kin against loops written from their formulas."""

import itertools
import math

import numpy as np
import pytest

import featkit

RATE = 8000


@pytest.fixture
def spectra(rng):
    """Magnitudes of noise, a tone, and silence: 33 bins of a transform of 64 points."""
    rows = np.abs(rng.standard_normal((6, 33)))
    rows[3] = 1e-9
    rows[3, 7] = 1.0
    rows[4] = 0.0
    return rows


def hz(k):
    return k * RATE / 64


def centroid(row):
    return sum(hz(k) * value for k, value in enumerate(row)) / (sum(row) or 1.0)


def test_centroid_and_bandwidth(spectra):
    found = featkit.SpectralCentroid(RATE)(spectra)
    np.testing.assert_allclose(found[:, 0], [centroid(row) for row in spectra], rtol=1e-12)
    for p in (1.0, 2.0, 3.0):
        expected = [
            (sum(v * abs(hz(k) - centroid(row)) ** p for k, v in enumerate(row)) / (sum(row) or 1.0)) ** (1 / p)
            for row in spectra
        ]
        np.testing.assert_allclose(featkit.SpectralBandwidth(RATE, p=p)(spectra)[:, 0], expected, rtol=1e-10, atol=1e-9)
    whole = featkit.SpectralBandwidth(RATE, normalise=False)(spectra)[:, 0]
    one = featkit.SpectralBandwidth(RATE)(spectra)[:, 0]
    np.testing.assert_allclose(whole, one * np.sqrt(spectra.sum(axis=1)), rtol=1e-12)


def test_rolloff(spectra):
    for share in (0.1, 0.5, 0.85, 0.99):
        expected = []
        for row in spectra:
            k, below = 0, row[0]
            while below < share * row.sum() * (1 - 1e-15):
                k += 1
                below += row[k]
            expected.append(hz(k))
        np.testing.assert_array_equal(featkit.SpectralRolloff(RATE, share=share)(spectra)[:, 0], expected)


def test_flatness(spectra):
    found = featkit.SpectralFlatness(floor=1e-6)(spectra)[:, 0]
    for row, value in zip(np.maximum(spectra, 1e-6), found, strict=True):
        assert value == pytest.approx(math.exp(sum(map(math.log, row)) / 33) / (sum(row) / 33), rel=1e-12)
    assert found[4] == pytest.approx(1.0)  # silence at the floor is flat
    assert found[3] < 1e-3  # a tone is not


def test_polynomial(spectra):
    for order in range(4):
        expected = np.array([np.polyfit(hz(np.arange(33)), row, order) for row in spectra])
        found = featkit.PolynomialCoefficients(RATE, order=order)(spectra)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


def test_frequencies_of_ones_own_take_the_place_of_rate(spectra):
    own = np.arange(33.0) ** 2
    for kind in (featkit.SpectralCentroid, featkit.SpectralRolloff, featkit.SpectralBandwidth):
        same = kind(rate=RATE)(spectra)
        np.testing.assert_allclose(kind(frequencies=hz(np.arange(33.0)))(spectra), same, rtol=1e-12)
        assert not np.allclose(kind(frequencies=own)(spectra), same)
    with pytest.raises(featkit.ShapeError, match="SpectralCentroid has 33 frequencies, but rows of 20 bins"):
        featkit.SpectralCentroid(frequencies=own)(spectra[:, :20])
    with pytest.raises(featkit.ShapeError, match=r"SpectralRolloff takes 33 bins .*got 20"):
        featkit.SpectralRolloff(n_fft=64)(spectra[:, :20])
    with pytest.raises(featkit.ShapeError, match="takes spectra of at least 2 bins, got 1"):
        featkit.SpectralCentroid()(spectra[:, :1])
    with pytest.raises(featkit.ShapeError, match=r"are one frequency per bin, got shape \(3, 2\)"):
        featkit.SpectralCentroid(frequencies=np.ones((3, 2)))


def test_band_extremes(spectra):
    # 125 Hz a bin: below 500 Hz bins 0-3 (4 is at its end), then one bin before to the octave's end less one, then up to 32.
    bands = [range(4), range(3, 8), range(7, 33)]
    counts = [max(1, round(0.3 * n)) for n in (5, 6, 26)]
    found = featkit.BandExtremes(RATE, low_hz=500, octaves=2, share=0.3)(spectra)
    for row, values in zip(spectra, found, strict=True):
        ordered = [sorted(row[list(band)]) for band in bands]
        peaks = [sum(one[-n:]) / n for one, n in zip(ordered, counts, strict=True)]
        valleys = [sum(one[:n]) / n for one, n in zip(ordered, counts, strict=True)]
        np.testing.assert_allclose(values, peaks + valleys, rtol=1e-12)
    with pytest.raises(featkit.ShapeError, match="the band from 0 to 50 Hz has too few of the 33 bins"):
        featkit.BandExtremes(RATE, low_hz=50, octaves=2)(spectra)


def test_contrast_below_peak_is_a_floor_for_each_half(rng):
    rows = rng.uniform(-120, 0, (20, 6))
    above, below = rows[:, :3], rows[:, 3:]
    expected = np.maximum(above, above.max() - 30) - np.maximum(below, below.max() - 30)
    stage = featkit.ContrastBelowPeak(30.0)
    np.testing.assert_array_equal(stage(rows), expected)
    np.testing.assert_array_equal(stage.settle([rows[:7], rows[7:7], rows[7:]])(rows), expected)
    with pytest.raises(featkit.ShapeError, match="Contrast takes an even number of columns, peaks and valleys, got 5"):
        featkit.Contrast()(rows[:, :5])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.SpectralRolloff(share=1.0), "SpectralRolloff.share must lie between 0 and 1, got 1.0"),
        (lambda: featkit.SpectralBandwidth(p=0), "SpectralBandwidth.p must be finite and above 0, got 0"),
        (lambda: featkit.SpectralFlatness(floor=0), "SpectralFlatness.floor must be"),
        (lambda: featkit.BandExtremes(share=0.0), "BandExtremes.share must lie between 0 and 1, got 0.0"),
        (
            lambda: featkit.BandExtremes(RATE, low_hz=1000, octaves=4),
            "the last of 4 octaves above 1000 Hz begins at 8000 Hz",
        ),
        (lambda: featkit.PolynomialCoefficients(order=-1), "PolynomialCoefficients.order must be at least 0, got -1"),
        (lambda: featkit.ChromaBank(octave_width=0), "ChromaBank.octave_width must be finite and above 0, got 0"),
        (lambda: featkit.TunedChromaBank(resolution=0), "TunedChromaBank.resolution must be finite and above 0, got 0"),
        (lambda: featkit.UnitNorm(-1), "UnitNorm.norm must be at least 0, or -inf, got -1"),
        (lambda: featkit.ZeroCrossingRate(threshold=-1), "ZeroCrossingRate.threshold must be at least 0, got -1"),
        (lambda: featkit.Pcen(smoothing=1.5), "Pcen.smoothing must be at most 1, got 1.5"),
        (lambda: featkit.Pcen(smoothing=0), "Pcen.smoothing must be finite and above 0, got 0"),
        (lambda: featkit.RelativeDecibels(floor=0), "RelativeDecibels.floor must be finite and above 0, got 0"),
        (lambda: featkit.FromDecibels(-1), "FromDecibels.reference must be at least 0, got -1"),
        (lambda: featkit.OverlapAdd(hop=0), "OverlapAdd.hop must be at least 1, got 0"),
        (lambda: featkit.InDouble(featkit.BelowPeak()), "InDouble takes a stage that streams, got BelowPeak"),
    ],
)
def test_parameters_that_cannot_be(make, message):
    with pytest.raises(featkit.ParameterError, match=message):
        make()


# --- waveforms, norms, decibels ---------------------------------------------------------------------------------------


def test_zero_crossings():
    frames = np.array([[0.5, -0.5, 0.0, 0.01, -0.3, 0.2], [-0.001, 0.001, -1.0, 1.0, 1.0, -0.0]])

    def rate(row, threshold, zero_positive, first):
        signs = [0 if abs(x) <= threshold else math.copysign(1, x) for x in row]
        if zero_positive:
            signs = [sign or 1 for sign in signs]
        return (first + sum(a != b for a, b in itertools.pairwise(signs))) / len(row)

    for threshold in (0.0, 0.01):
        for zero_positive in (True, False):
            for first in (True, False):
                found = featkit.ZeroCrossingRate(threshold, zero_positive, first)(frames)[:, 0]
                assert found.tolist() == [rate(row, threshold, zero_positive, first) for row in frames]


def test_root_mean_square(rng):
    frames = rng.standard_normal((5, 37))
    expected = [math.sqrt(sum(x * x for x in row) / 37) for row in frames]
    np.testing.assert_allclose(featkit.RootMeanSquare()(frames)[:, 0], expected, rtol=1e-13)


@pytest.mark.parametrize("norm", [0, 0.5, 1, 2, 3.0, np.inf, -np.inf])
def test_unit_norm(rng, norm):
    rows = rng.standard_normal((6, 9))
    rows[2] = 0.0
    lengths = [np.linalg.norm(row, norm) or 1.0 for row in rows]
    np.testing.assert_allclose(featkit.UnitNorm(norm)(rows), rows / np.array(lengths)[:, None], rtol=1e-12)


@pytest.mark.parametrize("reference", ["max", "min", "mean", "median"])
def test_relative_decibels(rng, reference):
    powers = rng.uniform(0, 5, (30, 4)) ** 4
    over = getattr(np, reference)(powers)
    expected = 10 * np.log10(np.maximum(powers, 1e-3)) - 10 * np.log10(max(over, 1e-3))
    stage = featkit.RelativeDecibels(reference, floor=1e-3)
    np.testing.assert_allclose(stage(powers), expected, atol=1e-12)
    settled = stage.settle([powers[:1], powers[1:9], powers[9:9], powers[9:]])
    assert settled(powers).tobytes() == stage(powers).tobytes()
    with pytest.raises(featkit.InputError, match="no row to take the reference from"):
        stage.settle([powers[:0]])


def test_decibels_and_back(rng):
    powers = rng.uniform(1e-3, 5, (4, 3))
    decibels = featkit.Log("dB", reference=0.25)(powers)
    np.testing.assert_allclose(featkit.FromDecibels(0.25)(decibels), powers, rtol=1e-12)
    np.testing.assert_allclose(featkit.FromDecibels(0.5, of="amplitude")(decibels), np.sqrt(powers), rtol=1e-12)


def test_magnitude_and_absolute(rng):
    rows = rng.standard_normal((4, 5)) + 1j * rng.standard_normal((4, 5))
    np.testing.assert_allclose(featkit.Magnitude()(rows), np.hypot(rows.real, rows.imag), rtol=1e-14)
    np.testing.assert_array_equal(featkit.Absolute()(rows.real), np.sqrt(rows.real**2))


def test_in_double_rounds_once(rng):
    """What is inside doesn't see the input's precision, what comes after does; samples that are late keep it."""
    signal = rng.standard_normal(3000).astype(np.float32)
    inside = featkit.PreEmphasis() | featkit.Frames(400, 160, "centre") | featkit.Window() | featkit.Spectrum()
    found = featkit.InDouble(inside)(signal)
    assert found.dtype == np.complex64
    np.testing.assert_array_equal(found, inside(signal.astype(np.float64)).astype(np.complex64))
    assert np.abs(found - inside(signal)).max() > 0
    stage = featkit.InDouble(featkit.Deltas(window=3))
    rows = signal.reshape(-1, 3)
    stream = stage.stream()
    late = np.concatenate([stream.push(rows[:5]), stream.push(rows[5:]), stream.finish()])
    assert late.tobytes() == stage(rows).tobytes()
    assert stage.stream().latency == featkit.Deltas(window=3).stream().latency
    assert featkit.pipeline(stage).with_(in_double__stage__window=2)["in_double"].stage.window == 2


def test_pre_emphasis_can_begin_on_a_line_or_with_a_number():
    signal = np.array([0.3, 0.5, -0.2, 0.1])
    rest = signal[1:] - 0.9 * signal[:-1]
    np.testing.assert_allclose(featkit.PreEmphasis(0.9, "linear")(signal), [0.3 + (0.6 - 0.5), *rest], rtol=1e-15)
    np.testing.assert_allclose(featkit.PreEmphasis(0.9, 0.25)(signal), [0.55, *rest], rtol=1e-15)
    assert featkit.PreEmphasis(0.9, "linear")(signal[:1]).tolist() == [0.6]


@pytest.mark.parametrize("norm", [1, 2, np.inf, 0.5])
def test_mel_filters_of_a_p_norm(norm):
    plain = featkit.mel_weights(20, 16000, 512, 0.0)
    lengths = np.array([np.linalg.norm(row, norm) for row in plain])[:, None]
    np.testing.assert_allclose(featkit.mel_weights(20, 16000, 512, 0.0, norm=norm), plain / lengths, rtol=1e-12)


def test_mel_filters_rounded_to_single_precision():
    weights = featkit.mel_weights(20, 16000, 512, 0.0, norm="area", weight_dtype="float32")
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, weights.astype(np.float32))
    np.testing.assert_allclose(weights, featkit.mel_weights(20, 16000, 512, 0.0, norm="area"), rtol=2e-7, atol=1e-12)


# --- chroma -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tuning", [0.0, 0.3])
def test_chroma_weights(tuning):
    n, n_fft, rate = 12, 256, 8000
    found = featkit.chroma_weights(n, rate, n_fft, tuning, centre_octave=4.5, octave_width=1.5, from_c=False)
    assert found.shape == (12, 129)
    a0 = 27.5 * 2 ** (tuning / n)
    place = [n * math.log2(k * rate / n_fft / a0) for k in range(1, n_fft)]
    place.insert(0, place[0] - 1.5 * n)
    for k in (0, 1, 2, 17, 64, 128):
        width = max(1.0, place[k + 1] - place[k])
        column = []
        for pitch in range(n):
            distance = (place[k] - pitch + n / 2) % n - n / 2
            column.append(math.exp(-0.5 * (2 * distance / width) ** 2))
        length = math.sqrt(sum(value * value for value in column))
        octave = math.exp(-0.5 * ((place[k] / n - 4.5) / 1.5) ** 2)
        np.testing.assert_allclose(found[:, k], [value / length * octave for value in column], rtol=1e-9, atol=1e-300)


def tone(frequency, rate=22050):
    return np.sin(2 * np.pi * frequency * np.arange(rate) / rate)


SPECTRA = featkit.Frames(2048, 512) | featkit.Window("hann", periodic=True) | featkit.PowerSpectrum()


def test_chroma_tells_pitch_classes():
    names = ["C", "Cs", "D", "Ds", "E", "F", "Fs", "G", "Gs", "A", "As", "B"]
    for step, name in enumerate(names):
        for octave in (0, 1, 2):
            loudest = featkit.ChromaBank(rate=22050)(SPECTRA(tone(261.6256 * 2 ** (step / 12 + octave))))[5].argmax()
            assert names[loudest] == name


@pytest.mark.parametrize("cents", [-40, -10, 0, 20, 45])
def test_tuning_is_estimated(cents):
    spectra = SPECTRA(tone(440 * 2 ** (cents / 1200)) + 0.5 * tone(880 * 2 ** (cents / 1200)))
    bank = featkit.TunedChromaBank(rate=22050)
    settled = bank.settle([spectra[:10], spectra[10:10], spectra[10:]])
    assert settled.tuning == pytest.approx(cents / 100, abs=0.06)
    assert settled(spectra).tobytes() == bank(spectra).tobytes()
    assert bank.settle([np.zeros((3, 1025))]).tuning == 0.0
    assert bank.settle([]).tuning == 0.0


# --- PCEN -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 3, 4])
@pytest.mark.parametrize(("bias", "power"), [(2.0, 0.5), (0.0, 0.5), (2.0, 0.0), (0.3, 0.25)])
def test_pcen(rng, width, bias, power):
    rows = rng.uniform(0, 4, (40, 7))
    b, gain, floor = 0.1, 0.8, 1e-4
    found = featkit.Pcen(b, gain, bias, power, floor, width)(rows)
    smooth = np.ones(7)  # the past of an energy of 1
    mirrored = [1, 0, *range(7), 6, 5]
    for t, row in enumerate(rows):
        for d in range(7):
            near = [row[mirrored[d + 2 + offset]] for offset in range(-(width // 2), width - width // 2)]
            smooth[d] = (1 - b) * smooth[d] + b * max(near)
            divided = row[d] / (floor + smooth[d]) ** gain
            expected = math.log1p(divided) if power == 0 else (divided + bias) ** power - bias**power
            assert found[t, d] == pytest.approx(expected, rel=1e-10)


def test_pcen_may_start_anywhere(rng):
    rows = rng.uniform(0, 4, (9, 3))
    whole = featkit.Pcen(0.2)(rows)
    state, _ = featkit.Pcen(0.2).step(None, rows[:4])
    np.testing.assert_array_equal(featkit.Pcen(0.2, start=state)(rows[4:]), whole[4:])
    with pytest.raises(featkit.ShapeError, match=r"Pcen.start has the shape \(3,\), but a row has 2 bands"):
        featkit.Pcen(start=state)(rows[:, :2])


# --- the inverse transform --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_fft", [16, 17])
def test_inverse_spectrum(rng, n_fft):
    frames = rng.standard_normal((5, n_fft))
    np.testing.assert_allclose(featkit.InverseSpectrum(n_fft)(featkit.Spectrum()(frames)), frames, atol=1e-14)
    with pytest.raises(featkit.ShapeError, match=r"InverseSpectrum takes 9 bins .*got 8"):
        featkit.InverseSpectrum(n_fft)(np.zeros((2, 8), np.complex128))
    with pytest.raises(featkit.ShapeError, match="at least 2 bins, got 1; give n_fft=1"):
        featkit.InverseSpectrum()(np.zeros((2, 1), np.complex128))


@pytest.mark.parametrize("hop", [1, 3, 8, 11])
@pytest.mark.parametrize("edges", ["snip", "centre"])
@pytest.mark.parametrize("length", [None, 3, 25, 60])
def test_overlap_add(rng, hop, edges, length):
    frames = rng.standard_normal((6, 8))
    window = featkit.window("hamming", 8, periodic=True)
    total, weight = np.zeros(200), np.zeros(200)
    trim = 4 if edges == "centre" else 0
    for t, frame in enumerate(frames):
        if length is None or t * hop < length + 2 * trim:
            for i in range(8):
                total[t * hop + i] += window[i] * frame[i]
                weight[t * hop + i] += window[i] ** 2
    end = trim + length if length else 5 * hop + 8 - trim
    expected = [total[i] / (weight[i] or 1.0) for i in range(trim, end)]
    stage = featkit.OverlapAdd(hop, featkit.Window("hamming", periodic=True), edges, length)
    np.testing.assert_allclose(stage(frames), expected, atol=1e-13)
    stream = stage.stream()
    pieces = [stream.push(frames[t : t + 1]) for t in range(6)] + [stream.finish()]
    assert np.concatenate(pieces).tobytes() == stage(frames).tobytes()
    assert stage(frames[:0]).shape == (0,)


def test_a_signal_comes_back(rng):
    signal = rng.standard_normal(1000)
    window = featkit.Window("hann", periodic=True)
    there = featkit.Frames(64, 16, "centre") | window | featkit.Spectrum()
    back = featkit.InverseSpectrum() | featkit.OverlapAdd(window=window, edges="centre", length=1000)  # hop: 64 / 4
    np.testing.assert_allclose((there | back)(signal), signal, atol=1e-13)
    assert len((there | back.with_(overlap_add__length=None))(signal)) == 62 * 16
