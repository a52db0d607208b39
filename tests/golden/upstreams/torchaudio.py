"""torchaudio's transforms."""

PACKAGES = ["torchaudio", "torch"]
CASES = [
    {
        "name": "spectrogram",
        "preset": "torchaudio/Spectrogram",
        "options": {
            "n_fft": 256, "win_length": 200, "hop_length": 700, "pad": 100, "window_fn": "hamming_window", "power": 1.0,
            "normalized": True, "wkwargs": {"periodic": False}, "pad_mode": "replicate",
        },
    },
    {
        "name": "complex_odd_twosided",
        "preset": "torchaudio/Spectrogram",
        "options": {"n_fft": 101, "hop_length": 1000, "power": None, "onesided": False, "normalized": "frame_length"},
    },
    {
        "name": "spectrogram_kaiser",
        "preset": "torchaudio/Spectrogram",
        "options": {
            "n_fft": 128, "hop_length": 999, "window_fn": "kaiser_window", "wkwargs": {"periodic": True, "beta": 8.0},
            "power": 1.5, "center": False,
        },
    },
    {
        "name": "mel_slaney",
        "preset": "torchaudio/MelSpectrogram",
        "options": {
            "sample_rate": 16000, "n_fft": 512, "hop_length": 400, "n_mels": 40, "norm": "slaney", "mel_scale": "slaney",
        },
    },
    {
        "name": "mel_htk",
        "preset": "torchaudio/MelSpectrogram",
        "options": {"n_fft": 401, "hop_length": 400, "n_mels": 20, "f_min": 60.0, "f_max": 7600.0, "power": 1.0},
    },
    {
        "name": "mfcc",
        "preset": "torchaudio/MFCC",
        "options": {"n_mfcc": 20, "melkwargs": {"n_fft": 512, "hop_length": 160, "n_mels": 40}},
    },
    {
        "name": "mfcc_log",
        "preset": "torchaudio/MFCC",
        "options": {
            "n_mfcc": 13, "norm": None, "log_mels": True,
            "melkwargs": {"n_fft": 400, "hop_length": 160, "n_mels": 23, "center": False, "window_fn": "blackman_window"},
        },
    },
    {
        "name": "lfcc",
        "preset": "torchaudio/LFCC",
        "options": {"n_filter": 60, "n_lfcc": 20, "f_min": 50.0, "f_max": 7000.0, "speckwargs": {"n_fft": 512}},
    },
    {
        "name": "lfcc_log",
        "preset": "torchaudio/LFCC",
        "options": {"n_filter": 30, "n_lfcc": 13, "log_lf": True, "norm": None, "speckwargs": {"pad_mode": "constant"}},
    },
]  # fmt: skip


def with_functions(options):
    """window_fn by name is featkit's; torchaudio takes the function."""
    import torch

    return {
        name: getattr(torch, value)
        if name == "window_fn"
        else with_functions(value)
        if name in ("melkwargs", "speckwargs")
        else value
        for name, value in options.items()
    }


def compute(case, samples, rate):
    import torch
    import torchaudio

    torch.set_num_threads(1)
    transform = getattr(torchaudio.transforms, case["preset"].split("/")[1])(**with_functions(case["options"]))
    return transform(torch.from_numpy(samples)).numpy().T
