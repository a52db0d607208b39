"""Any chunking gives the same bytes as the whole: over the whole catalogue, in both precisions."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
import featkit.stage
from featkit.numeric import concatenate
from featkit.parameters import field_types

LONGEST = 1300  # samples; a stage that takes frames gets a thirtieth
# Many stages with few examples each; the kernels' test runs this file with fewer still.
FEW = settings(max_examples=max(2, settings().max_examples // 4))
lengths = st.integers(0, LONGEST)
places = st.lists(st.integers(0, LONGEST), max_size=12)


def scaled(n, stage, on):
    return n * on.enough(stage) // LONGEST


@FEW
@given(n=lengths, cuts=places, seed=st.integers(0, 3))
def test_random_pieces_give_the_bytes_of_the_whole(streamable, precision, on, n, cuts, seed):
    rows = on.rows_for(streamable, scaled(n, streamable, on), precision, seed)
    pieces = on.split(rows, [scaled(cut, streamable, on) for cut in cuts])
    # What is too short for a stage is refused in the same words.
    on.same_bytes(on.outcome(on.streamed, streamable, pieces), on.outcome(streamable, rows))


def test_single_rows_give_the_bytes_of_the_whole(streamable, precision, on):
    rows = on.rows_for(streamable, on.enough(streamable) // 2, precision)
    pieces = on.split(rows, range(1, len(rows)))
    assert {len(piece) for piece in pieces} == {1}
    on.same_bytes(on.streamed(streamable, pieces), streamable(rows))


@FEW
@given(n=lengths, cuts=places)
def test_blocks_give_the_bytes_of_the_whole(usable, precision, on, n, cuts):
    rows = on.rows_for(usable, scaled(n, usable, on), precision)
    pieces = on.split(rows, [scaled(cut, usable, on) for cut in cuts])
    blocks = on.outcome(lambda: concatenate(list(usable.iterate(iter(pieces)))))
    on.same_bytes(blocks, on.outcome(usable, rows))


@FEW
@given(several=st.lists(lengths, min_size=2, max_size=4))
def test_inputs_beside_each_other_give_the_bytes_of_each_alone(usable, precision, on, several):
    items = [on.rows_for(usable, scaled(n, usable, on), precision, seed) for seed, n in enumerate(several)]
    alone, together = on.outcome(lambda: [usable(item) for item in items]), on.outcome(usable.map, items)
    assert len(alone) == len(together)
    for one, other in zip(alone, together, strict=True):
        on.same_bytes([one] if isinstance(one, str) else one, [other] if isinstance(other, str) else other)


@FEW
@given(sizes=st.lists(st.integers(1, 2560), min_size=1, max_size=9))
@pytest.mark.parametrize("fill", ["snip", "per-hop"])
def test_inputs_in_a_bundle_of_several_blocks_give_the_bytes_of_each_alone(fill, sizes):
    """Blocks of sixteen frames: an input may lie over the end of a block, or have no frame at all."""
    made = featkit.presets.kaldi.fbank() if fill == "snip" else featkit.presets.whisper.log_mel_spectrogram()[1:4]
    assert made.bundle_blocks == 3
    signal = np.random.default_rng(0).standard_normal(2600).astype(np.float32) / 8
    items = [signal[at : at + size] for at, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(featkit.stage, "BLOCK_BYTES", 1)
        assert made.block_length(items[0]) == 2560
        together = made.map(items)
    for item, own in zip(items, together, strict=True):
        alone = made(item)
        assert own.dtype == alone.dtype
        assert own.flags.c_contiguous
        np.testing.assert_array_equal(own, alone)


def test_block_size_does_not_change_the_bytes(usable, precision, on, monkeypatch):
    """A long input is cut into several blocks inside; how many of them is nobody's business."""
    if usable.axes()[0][0] == "document":  # which are short here: a block of the usual size would hold ten thousands
        monkeypatch.setattr(featkit.stage, "BLOCK_BYTES", 2**14)
    start = on.rows_for(usable, 1, precision)
    rows = on.rows_for(usable, int(2.5 * usable.block_length(start)), precision)
    several = usable(rows)
    for size in (featkit.stage.BLOCK_BYTES // 50, 2**40):
        monkeypatch.setattr(featkit.stage, "BLOCK_BYTES", size)
        on.same_bytes(usable(rows), several)


SEEN = []


class Seen(featkit.Pointwise):
    """Tells how many rows come at a time."""

    name = "seen"
    formula = "y = x"

    def apply(self, rows):
        SEEN.append(len(rows))
        return rows


@pytest.mark.parametrize("before", [featkit.FixLength(10**6), featkit.PeakNormalise()], ids=lambda stage: stage.name)
def test_what_a_stage_gives_all_at_once_is_cut_into_blocks_for_the_next(before):
    """A clip filled up to a minute, or a signal of which the peak was needed first."""
    rest = featkit.Frames(400, 160) | Seen()
    signal = np.full(5000 if before.streamable else 10**6, 0.25, np.float32)
    frames, block = rest.count(10**6), rest.block_length(signal) // 160
    SEEN.clear()
    rows = (before | rest)(signal)
    assert sum(SEEN) == len(rows) == frames
    assert max(SEEN) < 1.5 * block
    assert len(SEEN) < 2 * frames / block
    np.testing.assert_array_equal(rows, rest(before(signal)))


def test_branches_may_fit_longer_inputs_only():
    """Of one sample the first gives a frame and the second none; of ten whole hops both give as many."""
    beside = featkit.Join((featkit.Frames(400, 160, "end"), featkit.Frames(400, 160)))
    signal = np.random.default_rng(0).standard_normal(400 + 9 * 160)
    rows = (beside | featkit.Affine(2.0))(signal)
    np.testing.assert_array_equal(rows[:, :400], rows[:, 400:])
    assert rows.shape == (10, 800)


def rounds_elsewhere(stage):
    return bool(stage.fused_error) or any(map(rounds_elsewhere, stage.parts().values()))


def test_a_pipeline_is_its_stages_called_in_turn(chained, precision, on):
    if any(map(rounds_elsewhere, chained.plan)):
        return  # test_plan.py says how near
    rows = on.rows_for(chained, on.enough(chained), precision)
    in_turn = rows
    for stage in chained.stages:
        in_turn = stage(in_turn)
    on.same_bytes(chained(rows), in_turn)


def test_a_row_does_not_depend_on_the_rows_beside_it(usable, precision, on):
    if not isinstance(usable, featkit.Pointwise):
        return
    rows = on.rows_for(usable, 23, precision)
    whole = usable(rows)
    for at in range(len(rows)):
        on.same_bytes(usable(rows[at : at + 1]), whole[at : at + 1])
    on.same_bytes(usable(rows[5:12]), whole[5:12])


edges, fills = (st.sampled_from(get_args(field_types(featkit.Frames)[name])) for name in ("edges", "fill"))
sizes = st.integers(1, 40)


@settings(max_examples=5 * settings().max_examples)
@given(length=sizes, hop=sizes, where=edges, fill=fills, n=st.integers(0, 120), cuts=st.lists(st.integers(0, 120)))
def test_frames_of_any_geometry_stream(on, length, hop, where, fill, n, cuts):
    """Also signals shorter than their padding, frames with gaps between them, single samples; and several beside each other."""
    frames = featkit.Frames(length, hop, where, fill)
    signal = np.arange(1.0, n + 1)
    pieces = on.split(signal, cuts)
    on.same_bytes(on.streamed(frames, pieces), frames(signal))
    for rows, piece in zip(frames.map(pieces), pieces, strict=True):
        on.same_bytes(rows, frames(piece))


@given(reach=st.integers(0, 9), hop=st.integers(1, 5), n=st.integers(0, 60), cuts=st.lists(st.integers(0, 60)))
def test_joined_branches_wait_for_the_slowest(on, reach, hop, n, cuts):
    frames = featkit.Frames(3, hop, "centre")
    join = frames | featkit.Join((on.MovingDifference(reach), featkit.Lifter(0), on.MovingDifference(2)))
    signal = np.arange(1.0, n + 1) ** 2
    on.same_bytes(on.streamed(join, on.split(signal, cuts)), join(signal))


def test_speech_in_pieces_of_a_microphone(speech, on):
    """Half an hour's worth of stages on real speech, in the 20 ms pieces of a sound card."""
    stage = featkit.PreEmphasis() | featkit.mfcc()
    on.same_bytes(on.streamed(stage, on.split(speech, range(320, len(speech), 320))), stage(speech))


def test_rows_come_as_soon_as_they_are_certain():
    stream = featkit.Frames(4, 2).stream()
    assert [len(stream.push(np.zeros(1))) for _ in range(8)] == [0, 0, 0, 1, 0, 1, 0, 1]
    centred = featkit.Frames(4, 2, "centre").stream()
    assert [len(centred.push(np.zeros(1))) for _ in range(6)] == [0, 0, 1, 1, 0, 1]
    assert len(centred.finish()) == 1


def test_rows_from_a_stream_belong_to_the_caller(streamable, precision, on):
    """As those of a call do: they can be written to, and writing to one changes no other."""
    rows = on.rows_for(streamable, on.enough(streamable), precision)
    if not isinstance(rows, np.ndarray):
        return
    stream = streamable.stream()
    out = [stream.push(piece) for piece in on.split(rows, [len(rows) // 2, len(rows) - 3])] + [stream.finish()]
    whole = streamable(rows)
    for piece in out:
        assert piece.flags.writeable or not piece.size, "rows of a stream are read-only"
    at = 0
    for piece in out:
        for row in range(len(piece)):
            on.same_bytes(piece[row : row + 1], whole[at : at + 1])
            piece[row] = np.nan
            at += 1


def test_a_refused_chunk_leaves_the_stream_as_it_was(on):
    stage = featkit.Frames(4, 2, "centre")
    signal = np.arange(9.0)
    stream = stage.stream()
    out = [stream.push(signal[:5])]
    with pytest.raises(featkit.InputError, match="not finite: nan at sample 6;"):
        stream.push([5.0, np.nan, 7.0])
    out += [stream.push(signal[5:]), stream.finish()]
    on.same_bytes(np.concatenate(out), stage(signal))


@pytest.mark.parametrize(
    ("stage", "hop"),
    [
        (featkit.mfcc(), 160),
        (featkit.mfcc() | featkit.Deltas(), 160),
        (featkit.Resample(16000, 44100), 441 / 160),
        (featkit.Resample(16000, 22050) | featkit.Frames(400, 160), 220.5),
        (featkit.denoise(16000), 1),
    ],
    ids=["mfcc", "deltas", "44.1 kHz", "frames of 22.05 kHz", "finer out than inside"],
)
def test_a_row_waits_for_the_latency_and_no_longer(stage, hop):
    latency, waits = stage.stream().latency, []
    for row in range(2000, 2400):
        needed = stage.needs(row + 1)
        assert needed <= row * hop + latency
        waits.append(needed - row * hop)
    assert max(waits) > latency - 1
