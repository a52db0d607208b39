"""torchaudio.compliance.kaldi: what it computes, and with which options."""

PACKAGES = ["torchaudio", "torch"]

_VARIED = {
    "frame_length": 32.0, "frame_shift": 12.5, "preemphasis_coefficient": 0.9, "window_type": "hamming", "snip_edges": False,
    "raw_energy": False, "energy_floor": 0.0,
}  # fmt: skip


def _case(name, feature, **options):
    return {"name": name, "preset": f"torchaudio_compliance/{feature}", "options": {"sample_scale": 32768.0, **options}}


CASES = [
    _case("fbank", "fbank"),
    _case("fbank_ast", "fbank", num_mel_bins=64, window_type="hanning", htk_compat=True, sample_scale=1.0),
    _case("fbank_warped", "fbank", vtln_warp=1.1, high_freq=-400.0, use_energy=True, subtract_mean=True),
    _case("fbank_varied", "fbank", use_energy=True, htk_compat=True, **_VARIED),
    _case("mfcc", "mfcc"),
    _case("mfcc_energy", "mfcc", use_energy=True, num_ceps=20, cepstral_lifter=0.0),
    _case("mfcc_htk", "mfcc", htk_compat=True, min_duration=0.5),
    _case(
        "mfcc_varied", "mfcc", use_energy=True, window_type="blackman", blackman_coeff=0.3, vtln_warp=0.9, low_freq=60.0
    ),
    _case("spectrogram", "spectrogram", frame_length=8.0, frame_shift=16.0),
    _case("spectrogram_varied", "spectrogram", **{**_VARIED, "frame_length": 8.0, "frame_shift": 20.0}),
]


def compute(case, samples, rate):
    import torch
    import torchaudio.compliance.kaldi as upstream

    options = {"sample_frequency": float(rate), **case["options"]}
    scaled = torch.from_numpy(samples * options.pop("sample_scale"))[None]
    assert scaled.dtype == torch.float32
    with torch.no_grad():
        return getattr(upstream, case["preset"].rpartition("/")[2])(scaled, **options).numpy()
