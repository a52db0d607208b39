"""Every error says what, where, the value and the remedy; here by its words."""

import re

import numpy as np
import pytest

import featkit
from featkit.admission import as_finite

SIGNAL = np.zeros(1000, np.float32)
SPECTRUM = np.ones((4, 257), np.float32)


def spoiled(value, *index, like=SIGNAL):
    rows = like.copy()
    rows[index] = value
    return rows


# --- the types of errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (featkit.ParameterError, ValueError), (featkit.ShapeError, ValueError), (featkit.InputError, ValueError),
        (featkit.NotStreamable, TypeError), (featkit.NotFitted, TypeError), (featkit.ReadError, OSError),
        (featkit.WriteError, OSError), (featkit.MissingExtra, ImportError),
    ],
)  # fmt: skip
def test_errors_are_featkits_own_and_pythons(error, builtin):
    assert issubclass(error, featkit.FeatkitError)
    assert issubclass(error, builtin)


# --- values that can't be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 517, 999])
def test_a_value_that_is_not_finite_is_named(value, at):
    with pytest.raises(featkit.InputError, match=rf"not finite: {value} at sample {at}; repair or cut it there"):
        featkit.mfcc()(spoiled(value, at))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 8191, 8192, 131_071, 131_072, 140_000])
def test_many_values_are_looked_through_as_well(dtype, value, at):
    rows = np.ones((140_001, 1), dtype)
    assert as_finite(rows) is rows
    rows[at] = value
    with pytest.raises(featkit.InputError, match=rf"at row {at}, 0;"):
        as_finite(rows)


def test_many_values_whose_squares_overflow_are_finite():
    rows = np.full((140_001, 1), np.finfo(np.float32).max)
    assert as_finite(rows) is rows


def test_the_first_of_several_is_named():
    with pytest.raises(featkit.InputError, match="nan at sample 40;"):
        featkit.Frames(4, 2)(spoiled(np.nan, slice(40, 900, 3)))


def test_the_row_and_column_are_named():
    with pytest.raises(featkit.InputError, match="inf at row 3, 19;"):
        featkit.MelBank()(spoiled(np.inf, 3, 19, like=SPECTRUM))


def test_complex_values_are_checked_too(on):
    rows = on.rows_for(on.RealPart(), 5)
    with pytest.raises(featkit.InputError, match=r"not finite: .*nan.* at row 2, 3;"):
        on.RealPart()(spoiled(complex(0, np.nan), 2, 3, like=rows))


def test_the_index_is_that_of_the_whole_input_however_it_is_cut():
    long = np.zeros(300_000, np.float32)  # several blocks
    long[288_123] = np.nan
    with pytest.raises(featkit.InputError, match="at sample 288123;"):
        featkit.mfcc()(long)
    with pytest.raises(featkit.InputError, match="at sample 288123;"):
        list(featkit.mfcc().iterate(np.split(long, 6)))
    stream = featkit.mfcc().stream()
    for piece in np.split(long[:288_000], 9):
        stream.push(piece)
    stream.push(long[:0])
    with pytest.raises(featkit.InputError, match="at sample 288123;"):
        stream.push(long[288_000:])


def test_the_row_is_that_of_the_whole_stream():
    stream = featkit.MelBank().stream()
    stream.push(SPECTRUM)
    with pytest.raises(featkit.InputError, match="nan at row 6, 0;"):
        stream.push(spoiled(np.nan, 2, 0, like=SPECTRUM))


@pytest.mark.parametrize("shape", [(1000, 2), (2, 1000), (1000, 1), (), (1, 1, 1)])
def test_several_channels_are_refused_with_the_remedies(shape):
    remedy = rf"1-D array\) is needed, got shape {re.escape(str(shape))}; choose a channel .*signal\[:, 0\]"
    with pytest.raises(featkit.InputError, match=remedy):
        featkit.mfcc()(np.zeros(shape, np.float32))
    with pytest.raises(featkit.InputError, match=remedy):
        featkit.mfcc().stream().push(np.zeros(shape, np.float32))


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.uint64])
def test_wide_integers_are_not_guessed(dtype):
    with pytest.raises(featkit.InputError, match=rf"samples of type {np.dtype(dtype)} have no PCM scale; give int16"):
        featkit.mfcc()(np.zeros(1000, dtype))


@pytest.mark.parametrize(
    "values", [np.zeros(9, object), np.zeros(9, complex), np.zeros(9, bool), np.array(list("featkit"))],
    ids=["object", "complex", "bool", "str"],
)  # fmt: skip
def test_samples_must_be_real_numbers(values):
    with pytest.raises(
        featkit.InputError, match=rf"samples must be real numbers, got an array of type {values.dtype}; "
    ):
        featkit.Frames(4, 2)(values)


@pytest.mark.parametrize("values", [np.zeros((2, 3), object), np.array([["a", "b"]]), np.zeros((2, 3), "M8[s]")])
def test_rows_must_be_numbers(values):
    with pytest.raises(featkit.InputError, match="rows must be real numbers, got an array of type"):
        featkit.Log()(values)


def test_ragged_rows_are_refused():
    with pytest.raises(featkit.InputError):
        featkit.Log()([[1.0, 2.0], [3.0]])


def test_complex_rows_are_for_stages_that_take_them(on):
    spectrum = SPECTRUM.astype(np.complex64)
    with pytest.raises(
        featkit.InputError, match="MelBank takes real numbers, got complex64; take the magnitude or power"
    ):
        featkit.MelBank()(spectrum)
    with pytest.raises(featkit.InputError, match="Log takes real numbers, got complex64"):
        featkit.Log()(spectrum)
    assert on.RealPart()(spectrum).dtype == np.float32


def test_a_single_row_needs_one_more_axis():
    message = r"MelBank takes an array with the axes \(frame, bin\), got shape \(257,\); a single row .* rows\[None\]"
    with pytest.raises(featkit.InputError, match=message):
        featkit.MelBank()(SPECTRUM[0])
    with pytest.raises(featkit.InputError, match=r"got shape \(4, 257, 1\)"):
        featkit.MelBank()(SPECTRUM[..., None])
    with pytest.raises(featkit.InputError, match="rows along a stream axis are needed, got the single value"):
        featkit.Log()(np.float32(3))


@pytest.mark.parametrize("shape", [(10,), (4, 10, 3)])
def test_a_stage_on_any_axes_does_not_hide_what_its_successor_needs(shape):
    """Log takes any axes, but Dct after it takes rows of values."""
    road = featkit.Log() | featkit.Dct(2)
    with pytest.raises(featkit.FeatkitError, match=rf"{re.escape(str(shape))}"):
        road(np.ones(shape))


@pytest.mark.parametrize(
    ("stage", "width", "message"),
    [
        (featkit.MelBank(n_fft=512), 200, r"MelBank takes 257 bins \(n_fft=512\), got 200; give both one n_fft"),
        (featkit.MelBank(), 1, "MelBank takes spectra of at least 2 bins, got 1; lengthen the frames or raise n_fft"),
        (
            featkit.PowerSpectrum(256),
            400,
            r"takes frames of at most 256 taps .* got 400; raise n_fft .*power of two: 512",
        ),
        (featkit.Window(length=500), 400, r"Window takes frames of at least 500 taps \(its length\), got 400"),
        (featkit.Dct(13), 12, "Dct keeps 13 coefficients but a row has 12 values; lower n or widen the row"),
        (featkit.Dct(type=1), 1, "Dct of type 1 takes rows of at least 2 values, got 1; choose type 2"),
        (featkit.Normalise(np.zeros(13), np.ones(13)), 12, "Normalise has learned 13 features, got rows of 12"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rows_of_a_wrong_width(stage, width, message):
    rows = np.ones((3, width), np.float32)
    with pytest.raises(featkit.ShapeError, match=message):
        stage(rows)
    with pytest.raises(featkit.ShapeError, match=message):
        stage(rows[:0])
    with pytest.raises(featkit.ShapeError, match=message):
        stage.stream().push(rows)
    with pytest.raises(featkit.ShapeError, match=message):
        list(stage.iterate([rows]))


@pytest.mark.parametrize("stage", [featkit.RemoveMean(), featkit.Dct(), featkit.Spectrum(), featkit.PowerSpectrum()])
def test_rows_without_a_single_value(stage):
    """No mean, no spectrum: the error is featkit's, not NumPy's."""
    with pytest.raises(featkit.ShapeError, match=type(stage).__name__):
        stage(np.ones((3, 0), np.float32))


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mel__n_mel": 3}, "has no parameter '(mel.)?n_mel'; did you mean '(mel.)?n_mels'?"),
        ({"meel__n_mels": 3}, "the pipeline has no parameter 'meel.n_mels'; did you mean 'mel.n_mels'?"),
        ({"frame": 3}, "the pipeline has no parameter 'frame'; did you mean 'frames'?"),
        ({"xyz": 3}, "the pipeline has no parameter 'xyz'; it has frames.length, frames.hop, "),
        ({"window__kind": "haming"}, "Window.kind must be one of 'hamming', .*, got 'haming'; did you mean 'hamming'?"),
        ({"window__kind": 3}, "Window.kind must be one of 'hamming', .*, got 3"),
        ({"dct__n": 41}, "Dct disagree: Dct keeps 41 coefficients but a row has 40 values"),
    ],
)
def test_parameters_that_a_pipeline_does_not_take(change, message):
    with pytest.raises((featkit.ParameterError, featkit.ShapeError), match=message):
        featkit.mfcc().with_(**change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.Frames(0), "Frames.length must be at least 1, got 0"),
        (lambda: featkit.Frames(hop=-1), "Frames.hop must be at least 1, got -1"),
        (lambda: featkit.Frames(400.0), "Frames.length must be an integer, got 400.0"),
        (lambda: featkit.Frames(True), "Frames.length must be an integer, got True"),
        (lambda: featkit.Frames(edges="center"), "Frames.edges must be one of .*, got 'center'; did you mean 'centre'?"),
        (lambda: featkit.Frames(fill=None), "Frames.fill must be one of 'zero', 'edge', 'reflect', 'mirror', got None"),
        (lambda: featkit.Window(periodic=1), "Window.periodic must be True or False, got 1"),
        (lambda: featkit.Window(length="9"), "Window.length must be an integer or None, got '9'"),
        (lambda: featkit.Window(length=0), "Window.length must be at least 1, got 0"),
        (lambda: featkit.Window("kaiser", beta=-1), "Window.beta must be at least 0, got -1"),
        (lambda: featkit.Window("kaiser", beta=np.nan), "Window.beta must be a number, got nan"),
        (lambda: featkit.PreEmphasis(-0.1), "PreEmphasis.coefficient must be at least 0, got -0.1"),
        (lambda: featkit.PreEmphasis(np.inf), "PreEmphasis.coefficient must be finite"),
        (lambda: featkit.FramePreEmphasis(-0.1), "FramePreEmphasis.coefficient must be at least 0, got -0.1"),
        (lambda: featkit.PowerSpectrum(0), "PowerSpectrum.n_fft must be at least 1, got 0"),
        (lambda: featkit.PowerSpectrum(engine="numpy"), "PowerSpectrum.engine must be one of 'scipy', 'featkit', got 'numpy'"),
        (lambda: featkit.MelBank(0), "MelBank.n_mels must be at least 1, got 0"),
        (lambda: featkit.MelBank(rate=0), "MelBank.rate must be finite and above 0, got 0"),
        (lambda: featkit.MelBank(rate=np.inf), "MelBank.rate must be finite and above 0, got inf"),
        (lambda: featkit.MelBank(high_hz=8001), "MelBank.high_hz=8001 lies above the Nyquist frequency 8000 Hz"),
        (lambda: featkit.MelBank(low_hz=8000), "MelBank.low_hz=8000 must lie below its upper end, 8000 Hz"),
        (lambda: featkit.MelBank(low_hz=500, high_hz=400), "MelBank.low_hz=500 must lie below its upper end, 400 Hz"),
        (lambda: featkit.Log(floor=0), "Log.floor must be finite and above 0, got 0"),
        (lambda: featkit.Log(reference=-1), "Log.reference must be finite and above 0, got -1"),
        (lambda: featkit.Dct(0), "Dct.n must be at least 1, got 0"),
        (lambda: featkit.Dct(type=5), "Dct.type must be one of 1, 2, 3, 4, got 5"),
        (lambda: featkit.Lifter(-1), "Lifter.length must be at least 0, got -1"),
        (lambda: featkit.Lifter(np.inf), "Lifter.length must be finite, got inf"),
        (lambda: featkit.LogEnergy(0), "LogEnergy.floor must be finite and above 0, got 0"),
        (lambda: featkit.Cmvn(floor=0), "Cmvn.floor must be finite and above 0, got 0"),
        (lambda: featkit.Normalise([1.0], [1.0]), r"Normalise.mean must be a ndarray, got \[1.0\]"),
        (lambda: featkit.Join(()), "a Join needs at least one branch"),
        (lambda: featkit.Join((3,)), r"Join.branches must be a tuple of a Stage, got \(3,\)"),
        (lambda: featkit.pipeline(), "a pipeline needs at least one stage"),
        (lambda: featkit.pipeline(featkit.Log), "a pipeline is made of stages, got <class .*Log'>; call the class"),
        (lambda: featkit.mfcc(0), "the sampling rate must be finite and above 0 Hz, got 0"),
        (lambda: featkit.mfcc(hop_ms=0.01), "hop_ms=0.01 is less than one sample at 16000 Hz; give at least 0.0625"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be(make, message):
    with pytest.raises(featkit.ParameterError, match=message):
        make()


def test_mean_and_deviation_belong_together():
    with pytest.raises(featkit.ShapeError, match=r"a mean and a deviation per feature, got shapes \(3,\) and \(2,\)"):
        featkit.Normalise(np.zeros(3), np.ones(2))


@pytest.mark.parametrize(("mean", "deviation"), [(np.nan, 1.0), (np.inf, 1.0), (0.0, np.nan), (0.0, 0.0), (0.0, -1.0)])
def test_statistics_must_be_finite_and_deviations_above_zero(mean, deviation):
    """Else a finite input would give NaN or infinity without a word."""
    with pytest.raises(featkit.ParameterError, match=r"Normalise"):
        featkit.Normalise(np.array([0.0, mean]), np.array([1.0, deviation]))


def test_what_is_no_stage_does_not_join_a_pipeline():
    with pytest.raises(TypeError, match="unsupported operand"):
        featkit.Log() | 3


# --- stages that don't fit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: featkit.Frames() | featkit.MelBank(),
            "MelBank takes 'frame bin' but Frames before it gives 'frame tap'",
        ),
        (lambda: featkit.Frames() | featkit.Frames(), "Frames takes 'sample' but Frames before it gives 'frame tap'"),
        (lambda: featkit.PreEmphasis() | featkit.Dct(), "Dct takes '. .' but PreEmphasis before it gives 'sample'"),
        (lambda: featkit.Frames(400) | featkit.PowerSpectrum(256), "Frames and PowerSpectrum disagree: .*got 400"),
        (lambda: featkit.Frames(400) | featkit.Window(length=512), "Frames and Window disagree: .*at least 512 taps"),
        (
            lambda: featkit.PowerSpectrum(512) | featkit.MelBank(n_fft=400),
            "PowerSpectrum and MelBank disagree: .*201 bins",
        ),
        (
            lambda: featkit.MelBank(12) | featkit.Log() | featkit.Dct(13),
            "Log and Dct disagree: Dct keeps 13 .* 12 values",
        ),
        (
            lambda: featkit.mfcc() | featkit.Normalise(np.zeros(12), np.ones(12)),
            "Dct and Normalise disagree: Normalise has learned 12 features, got rows of 13",
        ),
        (
            lambda: featkit.Join((featkit.LogEnergy(), featkit.MelBank())),
            "the branches of a Join must read and give the same stream, but LogEnergy.*'frame tap.*MelBank.*'frame bin",
        ),
    ],
)
def test_stages_that_disagree_are_both_named(make, message):
    with pytest.raises(featkit.ShapeError, match=message):
        make()


def test_branches_must_give_as_many_rows():
    frames = [featkit.Frames(25, 10, edges) for edges in ("snip", "centre")]
    message = (
        r"the branches of a Join must give as many rows, but Frames.*'snip'.* gives 8 and Frames.*'centre'.* gives 10"
    )
    with pytest.raises(featkit.ShapeError, match=message):
        featkit.Join(tuple(frames))(np.zeros(100))
    stream = featkit.Join(tuple(frames)).stream()
    stream.push(np.zeros(100))
    with pytest.raises(featkit.ShapeError, match="the branches of a Join must give as many rows, but Frames"):
        stream.finish()


def test_branches_must_give_columns():
    with pytest.raises(featkit.ShapeError, match="a Join puts columns side by side, but a row of PreEmphasis"):
        featkit.Join((featkit.PreEmphasis(), featkit.PreEmphasis(0.5)))(SIGNAL)


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_whole_stage_names_itself_and_the_remedy(on):
    message = r"UtteranceMean needs the whole input and cannot stream; subtract a mean .*Cmvn\(\).fit\(items\)"
    for stage in (
        on.UtteranceMean(),
        featkit.mfcc() | on.UtteranceMean(),
        featkit.mfcc() | featkit.Join((featkit.Dct(3), featkit.Lifter() | on.UtteranceMean())),
    ):
        assert not stage.streamable
        with pytest.raises(featkit.NotStreamable, match=message):
            stage.stream()


def test_a_learner_names_itself_and_the_remedy():
    with pytest.raises(featkit.NotFitted, match=r"Cmvn has learned nothing yet; call fit\(items\) and use the stage"):
        featkit.Cmvn()(np.ones((3, 2)))
    with pytest.raises(featkit.NotFitted, match="Cmvn has learned nothing yet"):
        (featkit.mfcc() | featkit.Cmvn())(SIGNAL)
    for stage in (featkit.Cmvn(), featkit.mfcc() | featkit.Cmvn()):
        with pytest.raises(featkit.NotFitted, match="Cmvn has learned nothing yet; fit the pipeline first"):
            stage.stream()


def test_nothing_learned_from_nothing():
    for items in ([], [np.zeros((0, 3))]):
        with pytest.raises(featkit.InputError, match="Cmvn has seen no frame; fit it on at least one input"):
            featkit.Cmvn().fit(items)
    with pytest.raises(featkit.ShapeError, match="frames of 3 and of 2 features cannot be learned from together"):
        featkit.Cmvn().fit([np.ones((4, 3)), np.ones((4, 2))])


def test_several_learners_need_items_that_start_anew():
    two = featkit.mfcc() | featkit.Cmvn() | featkit.Lifter() | featkit.Cmvn()
    items = [SIGNAL + 0.1, SIGNAL]
    assert not [stage for stage in two.fit(items).stages if isinstance(stage, featkit.Learner)]
    with pytest.raises(featkit.ParameterError, match="2 Learners read the items one after the other; give a list"):
        two.fit(iter(items))


def test_a_learner_in_a_branch_is_fitted_too():
    branches = featkit.Frames(8, 4) | featkit.Join((featkit.LogEnergy(), featkit.RemoveMean() | featkit.Cmvn()))
    signal = np.random.default_rng(3).standard_normal(100)
    fitted = branches.fit([signal])
    np.testing.assert_allclose(fitted(signal)[:, 1:].mean(axis=0), 0, atol=1e-12)


def test_a_finished_stream_is_finished():
    stream = featkit.Frames(4, 2).stream()
    stream.push(np.zeros(9))
    stream.finish()
    for more in (lambda: stream.push(np.zeros(3)), stream.finish):
        with pytest.raises(featkit.InputError, match=r"this stream is finished; make a new one with stage.stream\(\)"):
            more()


def test_a_stream_keeps_one_type():
    stream = featkit.mfcc().stream()
    stream.push(np.zeros(9, np.float32))
    stream.push(np.zeros(9, np.int16))  # PCM becomes float32
    message = r"keeps one width and type: before there were float32 rows .*, now come float64 rows"
    with pytest.raises(featkit.InputError, match=message):
        stream.push(np.zeros(9))


def test_blocks_keep_one_type():
    with pytest.raises(featkit.InputError, match=r"float32.*float64"):
        list(featkit.mfcc().iterate([np.zeros(900, np.float32), np.zeros(900)]))


@pytest.mark.parametrize("stage", [featkit.MelBank(4, low_hz=0), featkit.Window(), featkit.Lifter(), featkit.Dct(3)])
def test_a_stream_keeps_one_width(stage):
    """A wider chunk must not become another mel bank or window in the midst of a stream."""
    stream = stage.stream()
    stream.push(np.ones((3, 17)))
    with pytest.raises(featkit.FeatkitError, match=r"17.*33|33.*17"):
        stream.push(np.ones((3, 33)))
    with pytest.raises(featkit.FeatkitError, match=r"17.*33|33.*17"):
        list(stage.iterate([np.ones((3, 17)), np.ones((3, 33))]))


def test_a_stream_of_rows_that_was_never_pushed_has_no_width():
    with pytest.raises(
        featkit.InputError, match="nothing was pushed, so the width of a row is not known; push an empty"
    ):
        featkit.Lifter().stream().finish()
    with pytest.raises(featkit.InputError, match="rows along a stream axis are needed"):
        featkit.Lifter().stream().push(3.0)


# --- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (featkit.Stage, "Half is of no kind; derive from Pointwise, Windowed, Summary, Whole or Learner"),
        (featkit.Pointwise, r"Half must define apply\(rows\)"),
        (featkit.Windowed, r"Half must define geometry\(\)"),
        (featkit.Whole, r"Half must define apply\(rows\)"),
    ],
)
def test_a_stage_that_lacks_its_mathematics_says_so(base, message):
    class Half(base):
        name = "half"

    with pytest.raises(NotImplementedError, match=message):
        Half()(np.ones((3, 3)))


@pytest.mark.parametrize("announced", [4, 6])
def test_a_stage_that_counts_wrong_is_found_out(announced):
    class Miscounted(featkit.Pointwise):
        name = "miscounted"

        def count(self, n):
            return announced

        def apply(self, rows):
            return rows

    message = r"rows were announced and \d+ came; count\(\) and the mathematics disagree"
    with pytest.raises(featkit.ShapeError, match=message):
        Miscounted()(np.ones((5, 3)))


def test_empty_mel_filters_are_warned_of():
    message = r"\d+ of 120 mel filters \(the first: 0\) lie between two bins of n_fft=256 and stay empty; use fewer"
    with pytest.warns(UserWarning, match=message):
        weights = featkit.mel_weights(120, 16000, 256)
    assert not weights[0].any()
