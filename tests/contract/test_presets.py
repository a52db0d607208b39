"""The whole preset catalogue: streams by bytes, refuses by name, says what it is."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.presets.parity import PARITY

NAMES = presets.names()


def settles(pipeline):
    """Whether it streams after a first pass, at the least; an image is taken as a whole."""
    return pipeline.streamable or pipeline.axes()[0][0] != "height"


SETTLING = [name for name in NAMES if settles(presets.get(name))]


def rows_of(pipeline, on, n=None):
    """Rows that fit the preset, enough for a few frames."""
    length = max((frames.length + 5 * frames.hop for frames in parts(pipeline, featkit.Frames)), default=900)
    return on.rows_for(pipeline, n or (length if pipeline.axes()[0] == ("sample",) else 40))


def parts(stage, kind):
    return [part for part in [stage, *stage.parts().values()] if isinstance(part, kind)] + [
        found for part in stage.parts().values() if part.parts() for found in parts(part, kind)
    ]


def ready(name, on):
    """The preset, fitted where it learns."""
    pipeline = presets.get(name)
    return on.fitted(pipeline) if on.learns(pipeline) else pipeline


@pytest.mark.parametrize("name", SETTLING)
@settings(max_examples=15)
@given(data=st.data())
def test_any_chunking_gives_the_bytes_of_the_whole(name, data, on):
    pipeline = ready(name, on)
    if not pipeline.streamable:
        pipeline = pipeline.settle([rows_of(pipeline, on)])
    rows = rows_of(pipeline, on)
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=8))
    on.same_bytes(on.streamed(pipeline, on.split(rows, cuts)), pipeline(rows))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SETTLING])
def test_an_image_in_blocks_is_the_image(name, on):
    """It is collected, and is neither streamed nor settled; both say so."""
    pipeline = presets.get(name)
    rows = rows_of(pipeline, on)
    on.same_bytes(np.concatenate(list(pipeline.iterate(on.split(rows, [3, 17])))), pipeline(rows))
    with pytest.raises(featkit.NotStreamable, match="needs the whole input"):
        pipeline.stream()
    with pytest.raises(featkit.NotStreamable, match="cannot be settled in a first pass; call it on the whole input"):
        pipeline.settle([rows])


@pytest.mark.parametrize("name", SETTLING)
def test_one_row_at_a_time_gives_the_bytes_of_the_whole(name, on):
    pipeline = ready(name, on)
    rows = rows_of(pipeline, on)[:1500]
    if not pipeline.streamable:
        pipeline = pipeline.settle([rows_of(pipeline, on)])
    on.same_bytes(on.streamed(pipeline, on.split(rows, range(1, len(rows)))), pipeline(rows))


@pytest.mark.parametrize("name", NAMES)
def test_inputs_beside_each_other_give_the_bytes_of_each_alone(name, on):
    pipeline = ready(name, on)
    rows = rows_of(pipeline, on)
    items = [rows, rows[:-7], rows[5:], rows]
    for made, item in zip(pipeline.map(items), items, strict=True):
        on.same_bytes(made, pipeline(item))


@pytest.mark.parametrize("name", [name for name in SETTLING if not presets.get(name).streamable])
def test_what_does_not_stream_says_so_and_settles(name, on):
    pipeline = presets.get(name)
    with pytest.raises(featkit.NotStreamable, match=r"needs the whole input.*settle"):
        pipeline.stream()
    rows = rows_of(pipeline, on)
    settled = pipeline.settle([rows[:300], rows[300:]])
    assert settled.streamable
    on.same_bytes(settled(rows), pipeline(rows))


@pytest.mark.parametrize("name", NAMES)
def test_is_its_own_specification(name):
    pipeline = presets.get(name)
    assert featkit.parse(repr(pipeline)) == pipeline
    assert presets.get(name) == pipeline
    assert len(inspect.getdoc(presets.function_of(name))) > 40
    assert name in PARITY, "a preset states how near it is to its upstream"


@pytest.mark.parametrize("name", NAMES)
def test_empty_input_keeps_its_width(name, on):
    pipeline = ready(name, on)
    rows = rows_of(pipeline, on)
    assert pipeline(rows[:0]).shape[1:] == pipeline(rows).shape[1:]


def test_an_option_that_is_not_there_is_named():
    with pytest.raises(
        featkit.ParameterError, match=r"kaldi/fbank has no option 'num_mels'; did you mean 'num_mel_bins'\?"
    ):
        presets.get("kaldi/fbank", num_mels=3)
    with pytest.raises(featkit.ParameterError, match=r"there is no preset 'kaldi/fbnk'; did you mean 'kaldi/fbank'\?"):
        presets.get("kaldi/fbnk")


def test_names_forgive_case_and_punctuation():
    assert presets.get("Kaldi/FBank") == presets.get("kaldi/fbank") == featkit.presets.kaldi.fbank()


def test_latency_is_when_rows_come():
    for name in NAMES:
        pipeline = presets.get(name)
        if pipeline.streamable and pipeline.axes()[0] == ("sample",):
            stream = pipeline.stream()
            came, signal = 0, np.zeros(6 * stream.latency + 2000, np.float32)
            hop = pipeline.needs(1001) - pipeline.needs(1000)
            for begin in range(0, len(signal), 100):
                chunk = signal[begin : begin + 100]
                came += len(stream.push(chunk))
                assert begin + len(chunk) < came * hop + stream.latency, f"{name}: the next row is overdue"
