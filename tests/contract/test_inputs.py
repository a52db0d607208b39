"""What may come in, and what comes out: layout, types, empty and short inputs, memory."""

import numpy as np
import pytest

import featkit
from featkit.numeric import length_of


def layouts(rows):
    """The same rows in other memory."""
    yield "Fortran", np.asfortranarray(rows)
    yield "strided", np.repeat(rows, 2, axis=0)[::2]
    yield "reversed", rows[::-1].copy()[::-1]
    if rows.ndim > 1:
        yield "columns of a wider array", np.concatenate([rows, rows], axis=-1)[..., : rows.shape[-1]]
        yield "every other column", np.repeat(rows, 2, axis=-1)[..., ::2]
    unaligned = np.empty(rows.nbytes + 1, np.uint8)[1:].view(rows.dtype).reshape(rows.shape)
    unaligned[...] = rows
    yield "unaligned", unaligned
    yield "the other byte order", rows.astype(rows.dtype.newbyteorder())


def test_the_layout_of_the_input_does_not_change_the_bytes(numeric, precision, on):
    rows = on.rows_for(numeric, on.enough(numeric), precision)
    expected = numeric(rows.copy())
    for layout, same in layouts(rows):
        assert same.shape == rows.shape
        before = same.tobytes()
        try:
            on.same_bytes(numeric(same), expected)
        except BaseException as error:
            error.add_note(f"layout: {layout}")
            raise
        assert same.tobytes() == before


def test_the_layout_of_a_chunk_does_not_change_the_bytes(streamable, precision, on):
    rows = on.rows_for(streamable, on.enough(streamable), precision)
    if not isinstance(rows, np.ndarray):
        return
    expected = streamable(rows)
    for _, same in layouts(rows):
        stream = streamable.stream()
        out = [stream.push(piece) for piece in on.split(same, [7, len(rows) // 2])]
        on.same_bytes(np.concatenate([*out, stream.finish()]), expected)


def test_a_read_only_input_is_taken_and_a_writeable_one_left_alone(numeric, precision, on):
    rows = on.rows_for(numeric, on.enough(numeric), precision)
    assert not rows.flags.writeable
    own = rows.copy()
    on.same_bytes(numeric(own), numeric(rows))
    assert own.tobytes() == rows.tobytes()


def test_the_output_is_the_callers_own(numeric, precision, on):
    rows = on.rows_for(numeric, on.enough(numeric), precision).copy()
    out, again = numeric(rows), numeric(rows)
    assert out.flags.writeable
    assert out.flags.c_contiguous
    assert not np.shares_memory(out, rows)
    out[...] = np.nan
    on.same_bytes(numeric(rows), again)  # no table was written to


def test_the_precision_of_the_output_is_that_of_the_input(numeric, precision, on):
    """Unless a stage inside has a field that says otherwise."""
    asked = [value for name, value in numeric.parameters().items() if name.rpartition("__")[2] == "dtype"]
    rows = on.rows_for(numeric, on.enough(numeric), precision)
    assert np.finfo(numeric(rows).dtype).dtype == (
        asked[-1] if asked else precision
    )  # finfo(complex64).dtype is float32


def test_rows_out_are_as_announced(usable, precision, on):
    for n in (0, 1, 2, 7, on.enough(usable)):
        rows = on.rows_for(usable, n, precision)
        out = on.outcome(usable, rows)
        if isinstance(rows, np.ndarray) and isinstance(out, list):
            assert 0 < n < on.enough(usable), out  # only what is too short may be refused
            continue
        announced = usable.count(n)
        assert announced is None or announced == length_of(out)
        if isinstance(rows, np.ndarray):
            shape = usable.row_shape(rows.shape[1:])
            assert shape is None or shape == out.shape[1:]
            assert usable.row_shape(None) in (None, out.shape[1:])


def test_an_empty_input_keeps_its_width(numeric, precision, on):
    """And has no rows, unless the stage makes them up (FixLength). Flatten's width is a matter of how many rows there are."""
    rows = on.rows_for(numeric, on.enough(numeric), precision)
    out = numeric(rows)
    if numeric.row_shape(rows.shape[1:]) is None:
        assert len(numeric(rows[:0])) == 0
        return
    empty = numeric(rows[:0])
    if numeric.row_shape(rows.shape[1:]) is None:  # the width is that of what isn't there: Transpose
        assert not empty.size
        return
    assert empty.shape == (numeric.count(0) or 0, *out.shape[1:])
    assert empty.dtype == out.dtype


def test_an_empty_stream_keeps_its_width(streamable, precision, on):
    rows = on.rows_for(streamable, on.enough(streamable), precision)
    if not isinstance(rows, np.ndarray):
        return
    stream = streamable.stream()
    out = [stream.push(rows[:0]), stream.finish()]
    assert sum(map(len, out)) == (streamable.count(0) or 0)
    for piece in out:
        assert piece.shape[1:] == streamable(rows).shape[1:]
        assert piece.dtype == streamable(rows).dtype


def test_one_row_is_enough_for_a_stage_on_rows(numeric, precision, on):
    if not isinstance(numeric, featkit.Pointwise):
        return
    rows = on.rows_for(numeric, on.enough(numeric), precision)
    on.same_bytes(numeric(rows[:1]), numeric(rows)[:1])


@pytest.mark.parametrize("stage", [featkit.mfcc(), featkit.Frames(400, 160)], ids=["mfcc", "Frames"])
@pytest.mark.parametrize("n", [1, 399])
def test_a_signal_too_short_for_a_frame_gives_no_frame(stage, n, on):
    width = stage(np.zeros(400)).shape[1]
    assert stage(np.zeros(n)).shape == (0, width)
    stream = stage.stream()
    assert stream.push(np.zeros(n)).shape == (0, width)
    assert stream.finish().shape == (0, width)


def test_a_stream_that_was_never_pushed_keeps_its_width():
    assert featkit.mfcc().stream().finish().shape == (0, 13)


@pytest.mark.parametrize("edges", ["centre", "half-hop", "end"])
@pytest.mark.parametrize("fill", ["zero", "edge", "reflect", "mirror"])
def test_other_edges_make_frames_of_the_shortest_signal(edges, fill):
    frames = featkit.Frames(400, 160, edges, fill)
    out = frames(np.array([0.5]))
    assert out.shape == ({"centre": 1, "half-hop": 0, "end": 1}[edges], 400)
    assert np.isin(out, [0.0, 0.5] if fill == "zero" else [0.5]).all()


# --- types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([-32768, 0, 16384, 32767], np.int16), [-1, 0, 0.5, 32767 / 32768]),
        (np.array([-(2**31), 0, 2**30], np.int32), [-1, 0, 0.5]),
        (np.array([0, 128, 192], np.uint8), [-1, 0, 0.5]),
        (np.array([-128, 0, 64], np.int8), [-1, 0, 0.5]),
        (np.array([0.5, 1.0], np.float16), [0.5, 1]),
        (np.array([0.5, 1.0], ">f4"), [0.5, 1]),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_samples_are_scaled_by_their_type(given, expected):
    out = featkit.Frames(1, 1)(given)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out[:, 0], np.float32(expected))


def test_a_quiet_recording_is_not_taken_for_floats():
    """The scale is that of the type, never guessed from the values."""
    np.testing.assert_array_equal(featkit.Frames(1, 1)(np.array([1, -1], np.int16))[:, 0], [2.0**-15, -(2.0**-15)])


def test_lists_and_wider_floats_are_taken():
    assert featkit.Frames(2, 1)([0.0, 0.5, 1.0]).dtype == np.float64
    assert featkit.Frames(2, 1)(np.zeros(3, np.longdouble)).dtype == np.float64
    assert featkit.Frames(2, 1)([]).shape == (0, 2)
    assert featkit.Log()(np.array([[1, 10]])).dtype == np.float64
    assert featkit.Log()(np.array([[1, 10]], np.int16)).dtype == np.float32
    assert featkit.Log()([[True, False]]).dtype == np.float32


def test_pcm_in_pieces_is_pcm_in_one(rng, on):
    signal = rng.integers(-3000, 3000, 2000).astype(np.int16)
    stage = featkit.mfcc()
    stream = stage.stream()
    out = [stream.push(piece) for piece in on.split(signal, range(100, 2000, 170))]
    on.same_bytes(np.concatenate([*out, stream.finish()]), stage(signal))
    on.same_bytes(stage(signal), stage((signal / 32768).astype(np.float32)))
