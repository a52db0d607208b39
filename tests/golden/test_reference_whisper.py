"""Every stored output of openai-whisper."""

import numpy as np
import pytest

import featkit
from featkit import presets
from featkit.presets.parity import PARITY

PEERS = ("whisper",)


def test_preset_gives_what_was_stored(reference, reference_key, agrees):
    entry, stored = reference[reference_key], reference.arrays(reference_key)["mel"]
    if entry["function"] == "mel_filters":
        filters = featkit.mel_weights(
            entry["kwargs"]["n_mels"], 16000, 400, 0.0, scale="slaney", norm="area", weight_dtype="float32"
        )
        agrees("whisper", reference_key, filters, stored, 1e-12)
        return
    assert entry["function"] == "log_mel_spectrogram", f"no preset for {entry['function']}"
    signal, _ = reference.unit_signal(reference_key)
    got = presets.get("whisper/log_mel_spectrogram", **entry["kwargs"])(signal)
    agrees("whisper", reference_key, got, stored.T, PARITY["whisper/log_mel_spectrogram"].limit)


def test_pad_or_trim_is_a_signal_of_that_length(speech):
    make = presets.whisper.log_mel_spectrogram
    long, short = speech[:9000], speech[:700]
    np.testing.assert_array_equal(make(pad_or_trim=5000)(long), make()(long[:5000]))
    np.testing.assert_array_equal(make(pad_or_trim=5000)(short), make()(np.concatenate([short, np.zeros(4300, "f4")])))
    np.testing.assert_array_equal(make(padding=500)(short), make()(np.concatenate([short, np.zeros(500, "f4")])))
    assert make(n_mels=128, pad_or_trim=True)(short).shape == (3000, 128)


def test_without_the_clamp_it_streams(speech):
    stream = presets.whisper.log_mel_spectrogram(clamp=False).stream()
    free = np.concatenate([stream.push(speech[:9000]), stream.push(speech[9000:16000]), stream.finish()])
    clamped = presets.whisper.log_mel_spectrogram()(speech[:16000])
    assert free.min() < clamped.min()
    np.testing.assert_array_equal(np.maximum(free, clamped.min()), clamped)
    with pytest.raises(featkit.NotStreamable, match="BelowPeak"):
        presets.whisper.log_mel_spectrogram().stream()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_mels": 64}, "n_mels must be 80 or 128"),
        ({"device": "cuda"}, "device must be None or 'cpu'"),
        ({"padding": -1}, "padding must be at least 0"),
        ({"pad_or_trim": 0}, "pad_or_trim must be True, False or a length"),
    ],
)
def test_what_cannot_be_is_named(options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.whisper.log_mel_spectrogram(**options)
