"""The kaldi and torchaudio_compliance presets against every stored output of Kaldi, kaldi-native-fbank and torchaudio."""

import numpy as np
import pytest

import featkit
from featkit import presets

PEERS = ("kaldi_native_fbank", "torchaudio_kaldi", "kaldi")

# 80 filters at 8 kHz, and 23 at other rates, are narrower than bins in places.
pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore:.* mel filters .* stay empty")]

#: kaldi-native-fbank's names of options, where they aren't Kaldi's.
KNF_NAMES = {
    "samp_freq": "sample_frequency", "frame_shift_ms": "frame_shift", "frame_length_ms": "frame_length",
    "preemph_coeff": "preemphasis_coefficient", "num_bins": "num_mel_bins",
}  # fmt: skip

#: Three times the README's largest difference between Kaldi and its two reimplementations, on the sweep that is all there
#: is of Kaldi's own output. A pure sweep leaves most bins at the noise floor of a float32 FFT. (PLP takes cube roots, so that
#: logarithms of noise are a third as far apart as in MFCC.)
KALDI_LIMITS = {
    "kaldi/test": 3 * 0.019, "kaldi/test-40": 3 * 0.029, "kaldi/test-htk": 3 * 0.019, "kaldi/test-mfcc": 3 * 0.070,
    "kaldi/test-plp": 0.070, "kaldi/test-spectrogram": 3 * 1.07,
}  # fmt: skip

#: Three times the README's largest difference, where the other library's output of the same call isn't stored.
README_LIMITS = {
    "mfcc_default": 3
    * 5.5e-4,  # the two libraries' own defaults differ there; they are mfcc_nosnip's but for the edges
    "mfcc_kaldidefaults": 3 * 5.5e-4,
    "mfcc_deltas_cmvn_splice": 3 * 5.5e-4,
    "fbank_submean": 3 * 4.1e-4,
    "spectrogram": 3 * 1.6e-2,  # not in the README: torchaudio in float32 from itself in float64, on speech
}


def from_knf(kwargs):
    names = {name.rpartition(".")[2]: value for name, value in kwargs.items()}
    return {KNF_NAMES.get(name, name): value for name, value in names.items()}


def limit_of(reference, key):
    """Three times the difference between the two libraries on this file with these options."""
    peer, _, name = key.partition("/")
    if peer == "kaldi":
        return KALDI_LIMITS[key]
    configuration = name.partition("__")[0]
    pair = [f"{other}/{name}" for other in ("kaldi_native_fbank", "torchaudio_kaldi")]
    if configuration != "mfcc_default" and all(other in reference.index for other in pair):
        one, other = (reference.arrays(key)["feats"].astype(np.float64) for key in pair)
        return 3 * np.abs(one - other).max()
    if configuration in README_LIMITS:
        return README_LIMITS[configuration]
    return README_LIMITS[configuration.partition("_")[0]]


def scale_of(entry):
    return 32768.0 if entry.get("input", {}).get("scale") == "int16" else 1.0


def kaldi_command(call):
    """Feature and options of a command line: ``compute-fbank-feats --dither=0 --num-mel-bins=40 scp:...``."""
    program, *arguments = call.split()
    config = "\n".join(argument for argument in arguments if argument.startswith("--"))
    return program.split("-")[1], config


def test_kaldi(reference, reference_key, agrees, leave_out):
    entry, stored = reference[reference_key], reference.arrays(reference_key)
    if entry["peer"] == "kaldi":
        feature, config = kaldi_command(entry["call"])
        pipeline = presets.kaldi.from_config(config, feature=feature)
        samples, _ = reference.unit_signal(reference_key)
        agrees("kaldi (Kaldi)", reference_key, pipeline(samples), stored["feats"], limit_of(reference, reference_key))
    elif entry["peer"] == "torchaudio_kaldi":
        check_torchaudio(reference, reference_key, agrees)
    else:
        check_kaldi_native_fbank(reference, reference_key, agrees)


def check_torchaudio(reference, key, agrees):
    entry, stored = reference[key], reference.arrays(key)
    if entry["function"] == "get_mel_banks":
        kw = entry["kwargs"]
        assert kw["vtln_warp_factor"] == 1.0
        weights = featkit.mel_weights(
            kw["num_bins"],
            kw["sample_freq"],
            kw["window_length_padded"],
            kw["low_freq"],
            scale="kaldi",
            triangles="mel",
        )
        agrees("torchaudio_compliance", f"{key} (weights)", weights[:, :-1], stored["mel"], 3e-5)
        corners = featkit.audio.mel.mel_corners(kw["num_bins"], kw["sample_freq"], kw["low_freq"], scale="kaldi")[1]
        agrees("torchaudio_compliance", f"{key} (Hz)", corners[1:-1, None], stored["center_freqs"], 1e-2)
        return
    samples, rate = reference.unit_signal(key)
    options = {"sample_frequency": float(rate), "sample_scale": scale_of(entry), **entry["kwargs"]}
    pipeline = presets.get(f"torchaudio_compliance/{entry['function']}", **options)
    agrees("torchaudio_compliance", key, pipeline(samples), stored["feats"], limit_of(reference, key))


def check_kaldi_native_fbank(reference, key, agrees):
    entry, stored = reference[key], reference.arrays(key)
    function, options = entry["function"], from_knf(entry["kwargs"])
    if function == "mel_banks":
        check_mel_banks(key, options, stored["mel"], agrees)
        return
    samples, rate = reference.unit_signal(key)
    if function == "whisper":
        got = presets.kaldi.whisper_fbank(dim=options["dim"])(samples)
        expected = stored["feats_log10_unclamped_or_raw"]  # its filters are in float32, 1.1e-5 from exact ones
        agrees("kaldi (whisper_fbank)", key, got, expected, 3 * 1.1e-5 * np.abs(expected).max())
        return
    scaled = {"sample_frequency": float(rate), "sample_scale": scale_of(entry)}
    limit = limit_of(reference, key)
    if function in ("fbank", "mfcc"):
        got = presets.get(f"kaldi/{function}", **scaled, **options)(samples)
        agrees("kaldi", key, got, stored["feats"], limit)
        return
    assert function == "mfcc+deltas+cmvn+splice", f"{key}: nothing reproduces {function!r}"
    order, window = options.pop("delta", (2, 2))
    variances, (left, right) = options.pop("norm_vars", False), options.pop("context", (3, 3))
    mfcc = presets.kaldi.mfcc(**scaled, **options)
    after = {
        "mfcc": mfcc,
        "deltas": mfcc | presets.kaldi.add_deltas(delta_order=order, delta_window=window),
        "cmvn": mfcc | presets.kaldi.apply_cmvn(norm_vars=variances),
        "splice": mfcc | presets.kaldi.splice_feats(left_context=left, right_context=right),
    }
    for name, pipeline in after.items():
        agrees("kaldi", f"{key} ({name})", pipeline(samples), stored[name], limit)


def check_mel_banks(key, options, expected, agrees):
    slaney = options.pop("is_librosa", False)
    low = options.pop("low_freq", 20.0)
    shape = (
        {"scale": "slaney", "norm": "area"}
        if slaney
        else {"scale": "kaldi", "triangles": "mel", "precision": "float32"}
    )
    weights = featkit.mel_weights(options.pop("num_mel_bins"), 16000, 512, low, **shape)
    assert not options, f"{key}: nothing reproduces {options}"
    agrees("kaldi (mel banks)", key, weights, expected, 3e-5)
