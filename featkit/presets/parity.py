"""How near each preset is to its upstream: one table, read by the tests and shown in the documents."""

from __future__ import annotations

from typing import NamedTuple


class Parity(NamedTuple):
    """What a preset was checked against, and how far it may be from it."""

    upstream: str  # with its version
    limit: float  # the largest difference allowed
    relative: bool  # to the largest value of the upstream's output, or absolute
    reason: str  # where the limit comes from


#: By preset name. A limit is three times what two upstreams of the dialect differ among themselves, or 1e-12 where the
#: upstream computes in float64; where there is no second upstream, the reason says what stands in for it.
PARITY: dict[str, Parity] = {
    "sklearn/count_vectorizer": Parity("scikit-learn 1.9", 0.0, relative=False, reason="counts are integers"),
    **{
        f"sklearn/{feature}": Parity(
            "scikit-learn 1.9", 1e-12, relative=True, reason="it computes in float64; asked for float32: 1e-6"
        )
        for feature in ("tfidf_vectorizer", "hashing_vectorizer")
    },
    **{
        f"python_speech_features/{feature}": Parity(
            "python_speech_features 0.6", 1e-12, relative=True, reason="it computes in float64"
        )
        for feature in ("mfcc", "fbank", "energy", "logfbank", "ssc", "delta")
    },
    "htk/mfcc": Parity(
        "HTK 3.4 (HCopy)", 5.4e-4, relative=False, reason="3 x the 1.8e-4 between HTK's statics and Kaldi's HTK mode"
    ),
    "htk/fbank": Parity(
        "HTK 3.4 (HCopy)", 7.5e-5, relative=False, reason="3 x the 2.5e-5 between HTK and Kaldi's HTK mode"
    ),
    "htk/melspec": Parity(
        "HTK 3.4 (HSigP.c)", 7.5e-5, relative=True, reason="htk/fbank is its logarithm; no output of HTK is stored"
    ),
    "htk/plp": Parity(
        "HTK 3.4 (HSigP.c)",
        5.4e-4,
        relative=False,
        reason="as htk/mfcc; no output of HTK is stored, checked against loops written from its definition",
    ),
    **{
        f"opensmile/{feature}": Parity(
            "openSMILE 2.6.0 (pip opensmile)",
            5.4e-4,
            relative=False,
            reason="as htk/mfcc, which it follows: no second program computes this set",
        )
        for feature in ("MFCC12_0_D_A", "MFCC12_E_D_A", "MFCC12_0_D_A_Z", "MFCC12_E_D_A_Z")
    },
    **{
        f"librosa/{feature}": Parity(
            "librosa 0.11.0",
            6e-6,
            relative=True,
            reason="float32 input: 3 x the 2e-6 between torchaudio and librosa; float64 input: 1e-12",
        )
        for feature in (
            *("stft", "istft", "melspectrogram", "mfcc", "delta", "power_to_db", "amplitude_to_db", "db_to_power"),
            *("db_to_amplitude", "pcen", "preemphasis", "spectral_centroid", "spectral_bandwidth", "spectral_contrast"),
            *("spectral_rolloff", "spectral_flatness", "poly_features", "rms", "zero_crossing_rate", "chroma_stft"),
        )
    },
    "huggingface/whisper": Parity(
        "transformers 5.23", 5.7e-5, relative=False, reason="3 x its NumPy against its PyTorch path (1.9e-5)"
    ),
    "huggingface/ast": Parity(
        "transformers 5.23", 1.41e-4, relative=False, reason="3 x its torchaudio against its NumPy path (4.7e-5)"
    ),
    "huggingface/speech2text": Parity(
        "transformers 5.23", 4.8e-4, relative=False, reason="3 x its torchaudio against its NumPy path (1.6e-4)"
    ),
    "huggingface/seamless_m4t": Parity(
        "transformers 5.23", 1.91e-6, relative=False, reason="a unit in the last place of its float32 log energies"
    ),
    "huggingface/parakeet": Parity(
        "transformers 5.23", 8.5e-5, relative=False, reason="3 x its float32 against its own code in float64 (2.8e-5)"
    ),
    **{
        f"huggingface/{feature}": Parity(
            "transformers 5.23", 2.0**-23, relative=True, reason="it computes in float64 and returns float32"
        )
        for feature in ("clap", "speecht5", "wav2vec2")
    },
    **{
        f"huggingface/{processor}": Parity(
            "transformers 5.24 (Pillow)", 0.0, relative=False, reason="the same operations in the same precision"
        )
        for processor in ("vit", "deit", "beit", "clip", "convnext", "siglip")
    },
    "torchvision/imagenet": Parity(
        "torchvision, ImageClassification on a Pillow image (its documented definition)",
        0.0,
        relative=False,
        reason="the same operations in the same precision; torchvision itself is not run: it cannot be beside this torch",
    ),
    "whisper/log_mel_spectrogram": Parity(
        "openai-whisper 20250625 (torch 2.13)",
        5.7e-5,
        relative=False,
        reason="3 x the 1.9e-5 between the NumPy and the torch path of transformers' Whisper",
    ),
    **{
        f"torchaudio/{feature}": Parity(
            "torchaudio 2.11.0", 6e-6, relative=True, reason="3 x the 2e-6 between torchaudio and librosa"
        )
        for feature in ("Spectrogram", "MelSpectrogram")
    },
    **{
        f"torchaudio/{feature}": Parity("torchaudio 2.11.0", limit, relative=False, reason=reason)
        for feature, limit, reason in (
            ("MFCC", 1.35e-3, "3 x the 4.5e-4 between torchaudio and librosa"),
            ("LFCC", 1.35e-3, "as MFCC; no second program computes it"),
            ("AmplitudeToDB", 2.3e-5, "3 x the last bit of 100 dB in float32, between torchaudio and librosa"),
            ("compute_deltas", 4.5e-5, "3 x the 1.5e-5 among torchaudio, librosa, Kaldi and python_speech_features"),
        )
    },
    **{
        f"paddle/{feature}": Parity("paddlepaddle 3.3.1", limit, relative, reason + "; dtype float64: 1e-12")
        for feature, limit, relative, reason in (
            ("Spectrogram", 6e-6, True, "as torchaudio's: 3 x the 2e-6 to librosa"),
            ("MelSpectrogram", 6e-6, True, "as torchaudio's: 3 x the 2e-6 to librosa"),
            ("LogMelSpectrogram", 4.8e-4, False, "as MFCC"),
            ("MFCC", 4.8e-4, False, "3 x the 1.6e-4 between paddle and librosa"),
        )
    },
    **{
        f"{dialect}/{feature}": Parity(upstream, limit, relative=False, reason=reason)
        for dialect, upstream in (
            ("kaldi", "kaldi-native-fbank 1.23.0, Kaldi (2021)"),
            ("torchaudio_compliance", "torchaudio 2.11.0"),
        )
        for feature, limit, reason in (
            ("fbank", 1.2e-3, "3 x the 4.1e-4 between kaldi-native-fbank and torchaudio, on logarithms"),
            ("mfcc", 3.3e-3, "3 x the 1.1e-3 between kaldi-native-fbank and torchaudio"),
            ("spectrogram", 4.9e-2, "3 x the 1.6e-2 between torchaudio in float32 and in float64, on speech"),
        )
    },
    **{
        f"kaldi/{feature}": Parity(upstream, limit, relative, reason)
        for feature, upstream, limit, relative, reason in (
            (
                "plp",
                "Kaldi (2021)",
                0.07,
                False,
                "no second program: a third of mfcc's 3 x 0.07 on the same sweep, for PLP's cube root",
            ),
            ("whisper_fbank", "kaldi-native-fbank 1.23.0", 3.3e-5, True, "3 x the 1.1e-5 of its filters in float32"),
            ("add_deltas", "kaldi-native-fbank 1.23.0", 4.5e-5, False, "3 x the 1.5e-5 among four upstreams' deltas"),
            ("splice_feats", "kaldi-native-fbank 1.23.0", 0.0, False, "frames are copied"),
            ("apply_cmvn", "kaldi-native-fbank 1.23.0", 1e-6, True, "3 x the rounding of x scale + offset in float32"),
            ("apply_cmvn_sliding", "Kaldi, feature-functions.cc", 1e-12, True, "it computes in float64"),
            (
                "compute_vad",
                "Kaldi, voice-activity-detection.cc",
                0.0,
                False,
                "decisions are 0 or 1; no output of Kaldi is stored, checked against loops written from its definition",
            ),
        )
    },
}
