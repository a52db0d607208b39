"""openai-whisper's input."""

PACKAGES = ["openai-whisper", "torch"]
CASES = [
    {"name": "padded", "preset": "whisper/log_mel_spectrogram", "options": {"padding": 800}},
    {"name": "trimmed128", "preset": "whisper/log_mel_spectrogram", "options": {"n_mels": 128, "pad_or_trim": 8000}},
    {"name": "filled_up", "preset": "whisper/log_mel_spectrogram", "options": {"n_mels": 80, "pad_or_trim": 25000}},
]


def compute(case, samples, rate):
    import whisper

    assert rate == whisper.audio.SAMPLE_RATE
    options = dict(case["options"])
    length = options.pop("pad_or_trim", None)
    signal = samples if length is None else whisper.pad_or_trim(samples, length)
    return whisper.log_mel_spectrogram(signal, **options).numpy().T
