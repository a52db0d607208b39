"""What a pipeline runs is what it says: fused stages against the stages they stand for."""

import itertools
from typing import ClassVar

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.audio.fused import EmphasisedFrames, PowerBands, WindowedSpectrum
from featkit.audio.mel import MelBank
from featkit.audio.spectrum import FourierTransform, parts_of_bins
from featkit.numeric import window_sums
from featkit.pipeline import Pipeline
from featkit.windowed import Geometry, Windowed


def inside(stage):
    """The pipelines in a stage, itself among them."""
    own = [stage] if isinstance(stage, Pipeline) else []
    return own + [found for part in stage.parts().values() for found in inside(part)]


def in_turn(stages, rows):
    for stage in stages:
        rows = stage(rows)
    return rows


def check(pipeline, rows, on):
    """Every fused stage gives what its stages give, or is as near as it says."""
    assert sum((stages for _, stages in pipeline.planned), ()) == pipeline.stages
    for planned, stages in pipeline.planned:
        expected = in_turn(stages, rows)
        given = rows
        if isinstance(planned, EmphasisedFrames):
            frames = planned.with_(spectrum=None)(rows)
            plain = in_turn([stage for stage in stages if not isinstance(stage, (FourierTransform, MelBank))], rows)
            limit = planned.fused_error * np.finfo(rows.dtype).eps * np.abs(rows).max() * planned.gain
            assert np.abs(frames[:, : plain.shape[1]] - plain).max() <= limit
            if planned.spectrum is not None:
                on.same_bytes(planned(rows), planned.spectrum(frames))
            given = frames
        elif isinstance(planned, WindowedSpectrum):
            given = planned.window(rows)
            on.same_bytes(planned(rows), planned.spectrum(given))
        bands = planned if isinstance(planned, PowerBands) else getattr(planned, "spectrum", None)
        if isinstance(bands, PowerBands):
            got, power = bands(given), in_turn([bands.spectrum, bands.bank], given)
            assert (np.abs(got - power) <= bands.fused_error * np.finfo(rows.dtype).eps * power).all()
        elif planned is not stages[0] and not isinstance(planned, EmphasisedFrames):
            on.same_bytes(planned(rows), expected)
        rows = expected


@pytest.mark.parametrize("name", presets.names())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_presets_run_is_what_they_say(name, dtype, on):
    for pipeline in inside(presets.get(name)):
        if pipeline.stages[0].axes()[0] == ("sample",):
            check(pipeline, on.rows_for(pipeline, 8000, dtype), on)


def test_what_pipelines_run_is_what_they_say(chained, precision, on):
    for pipeline in inside(chained):
        if pipeline.stages[0].axes()[0] == ("sample",):
            check(pipeline, on.rows_for(pipeline, 3000, precision), on)


def kaldi(**options):
    return presets.kaldi.fbank(frame_length=5.0, frame_shift=2.0, num_mel_bins=5, **options)


def test_the_roads_that_are_meant_to_be_fast_are_fused():
    assert [type(stage).__name__ for stage in presets.kaldi.fbank().plan] == ["EmphasisedFrames", "Log"]
    assert isinstance(presets.whisper.log_mel_spectrogram().plan[2], WindowedSpectrum)
    assert isinstance(presets.librosa.mfcc().plan[0], featkit.InDouble)
    assert isinstance(presets.librosa.mfcc().plan[0].stage, Pipeline)


windows = st.sampled_from(["povey", "hamming", "rectangular", "hanning"])


@settings(max_examples=4 * settings().max_examples)
@given(
    window=windows, coefficient=st.floats(0, 1), mean=st.booleans(), snip=st.booleans(), scale=st.sampled_from([1.0, 32768.0]),
    n=st.integers(80, 900), offset=st.sampled_from([0.0, 0.5, -30.0]), cuts=st.lists(st.integers(0, 900), max_size=6),
    double=st.booleans(),
)  # fmt: skip
def test_emphasised_frames(window, coefficient, mean, snip, scale, n, offset, cuts, double, on):
    pipeline = kaldi(
        window_type=window,
        preemphasis_coefficient=coefficient,
        remove_dc_offset=mean,
        snip_edges=snip,
        sample_scale=scale,
    )
    rows = (offset + on.rows_for(pipeline, n)).astype(np.float64 if double else np.float32)
    if coefficient:
        assert any(isinstance(stage, EmphasisedFrames) for stage in pipeline.plan)
    check(pipeline, rows, on)
    on.same_bytes(on.streamed(pipeline, on.split(rows, cuts)), pipeline(rows))


@given(span=st.sampled_from([400, 320, 80, 60]), windows=st.integers(1, 300), double=st.booleans())
def test_the_sum_of_a_window_does_not_depend_on_the_windows_beside_it(span, windows, double):
    rows = np.random.default_rng(windows).standard_normal(span + 160 * (windows - 1))
    rows = rows if double else rows.astype(np.float32)
    sums = window_sums(rows, span, 160)
    for at in {0, windows // 2, windows - 1}:
        assert window_sums(rows[160 * at : 160 * at + span], span, 160).tobytes() == sums[at].tobytes()


def test_a_scale_that_rounds_is_not_multiplied_into_the_window():
    plan = presets.kaldi.fbank(sample_scale=30000.0).plan
    assert [type(stage).__name__ for stage in plan][:2] == ["Affine", "EmphasisedFrames"]


def test_what_a_stage_hands_out_is_not_memory_it_uses_again(on):
    """Fused stages work in memory that they keep."""
    for pipeline in (kaldi(), featkit.pipeline(*kaldi().stages[:5]), presets.librosa.stft(64), featkit.mfcc()):
        first, second = (on.rows_for(pipeline, 3000, seed=seed) for seed in (1, 2))
        kept = pipeline(first)
        before = kept.tobytes()
        pipeline(second)
        assert kept.tobytes() == before


class Replacement:
    """Another FFT library, which has SciPy's do its work."""

    __ua_domain__ = "numpy.scipy.fft"
    asked: ClassVar[list[str]] = []

    @classmethod
    def __ua_function__(cls, method, args, kwargs):
        cls.asked.append(method.__name__)
        with scipy.fft.skip_backend(cls):
            return 2 * method(*args, **kwargs)


@pytest.mark.parametrize("stage", ["PowerSpectrum", "MelBank"])
def test_a_library_that_is_set_computes_the_transforms(stage, on):
    """Where power and mel bank are one step, too, which asks SciPy in another way than that library is set for."""
    frames = featkit.Frames(400, 160) | featkit.Window() | featkit.PowerSpectrum(512)
    pipeline = frames | featkit.MelBank(20) if stage == "MelBank" else frames
    rows = on.rows_for(pipeline, 4000, np.float32)
    before = pipeline(rows)
    Replacement.asked.clear()
    with scipy.fft.set_backend(Replacement):
        doubled = pipeline(rows)
    assert set(Replacement.asked) == {"rfft"}
    np.testing.assert_allclose(doubled, 4 * before, rtol=1e-5)
    on.same_bytes(pipeline(rows), before)


def test_parts_are_those_of_the_bins():
    """The transform that is asked for parts gives the numbers of the one that gives complex numbers."""
    for n_fft, dtype in itertools.product((1, 2, 5, 6, 400, 512), (np.float32, np.float64)):
        stage, frames = (
            featkit.PowerSpectrum(n_fft),
            np.random.default_rng(n_fft).standard_normal((7, n_fft)).astype(dtype),
        )
        parts, spectrum = stage.transform_in_parts(frames), stage.transform(frames)
        bins = parts_of_bins(n_fft)
        first = np.flatnonzero(np.diff(bins, prepend=-1))
        np.testing.assert_array_equal(parts[:, first], spectrum.real)
        second = np.setdiff1d(np.arange(n_fft), first)
        np.testing.assert_array_equal(parts[:, second], spectrum.imag[:, bins[second]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_many_frames_as_crowd_in_the_cache(dtype, on):
    """Where the transform takes half of them at a time, every frame keeps its bytes."""
    frames = np.random.default_rng(0).standard_normal((512, 512)).astype(dtype)
    for stage in (featkit.Spectrum(), featkit.PowerSpectrum(), (featkit.PowerSpectrum() | featkit.MelBank(20)).plan[0]):
        whole = stage.apply(frames)
        for at in range(0, 512, 100):
            on.same_bytes(stage.apply(frames[at : at + 100]), whole[at : at + 100])


def test_a_windowed_stage_may_share_work_between_windows(on):
    class Sums(Windowed):
        name = "sums"
        shape = "sample -> sample"

        def geometry(self):
            return Geometry(span=3, left=1, fill="edge")

        def windows(self, rows):
            return rows.sum(axis=1)

        def over(self, rows):
            return rows[:-2] + rows[1:-1] + rows[2:]

    assert Sums()(np.array([1.0, 2.0, 4.0])).tolist() == [4.0, 7.0, 10.0]
