"""paddle.audio.features."""

PACKAGES = ["paddlepaddle"]
CASES = [
    {
        "name": "spectrogram",
        "preset": "paddle/Spectrogram",
        "options": {"n_fft": 256, "hop_length": 700, "win_length": 200, "window": "bohman", "power": 1.5},
    },
    {
        "name": "spectrogram_odd",
        "preset": "paddle/Spectrogram",
        "options": {"n_fft": 101, "hop_length": 1000, "window": "hamming", "pad_mode": "constant"},
    },
    {
        "name": "mel_htk",
        "preset": "paddle/MelSpectrogram",
        "options": {
            "sr": 16000,
            "n_fft": 512,
            "hop_length": 400,
            "n_mels": 40,
            "htk": True,
            "norm": 2.0,
            "center": False,
        },
    },
    {
        "name": "logmel",
        "preset": "paddle/LogMelSpectrogram",
        "options": {"sr": 16000, "hop_length": 320, "n_mels": 40, "ref_value": 0.5, "amin": 1e-6, "top_db": 60.0},
    },
    {
        "name": "mfcc",
        "preset": "paddle/MFCC",
        "options": {"sr": 16000, "n_mfcc": 20, "n_fft": 512, "win_length": 400, "hop_length": 160, "n_mels": 40},
    },
    {
        "name": "mfcc_wide",
        "preset": "paddle/MFCC",
        "options": {"sr": 16000, "n_mfcc": 13, "n_fft": 1024, "f_min": 0.0, "f_max": 7000.0, "norm": None},
    },
]


def compute(case, samples, rate):
    import paddle

    paddle.set_device("cpu")
    transform = getattr(paddle.audio.features, case["preset"].split("/")[1])(**case["options"])
    return transform(paddle.to_tensor(samples[None])).numpy()[0].T
