"""Write docs/presets.md: what each preset sets, dialects side by side, and how near it is to its upstream.

Run it as ``python docs/make_presets.py``; a test compares the page with what this prints.
"""

from pathlib import Path

import featkit
from featkit import presets
from featkit.diff import steps
from featkit.parameters import literal
from featkit.pipeline import Join, learns
from featkit.presets.parity import PARITY

#: Features that are the same thing in several dialects, with the textbook's.
FAMILIES = {
    "MFCC": (
        "kaldi/mfcc",
        "htk/mfcc",
        "librosa/mfcc",
        "torchaudio/MFCC",
        "torchaudio_compliance/mfcc",
        "python_speech_features/mfcc",
        "paddle/MFCC",
        "opensmile/MFCC12_0_D_A",
    ),
    "Mel filterbank": (
        "kaldi/fbank",
        "htk/fbank",
        "librosa/melspectrogram",
        "torchaudio/MelSpectrogram",
        "torchaudio_compliance/fbank",
        "python_speech_features/logfbank",
        "paddle/LogMelSpectrogram",
        "whisper/log_mel_spectrogram",
    ),
    "Image": (
        *(f"huggingface/{processor}" for processor in ("vit", "deit", "beit", "clip", "convnext", "siglip")),
        "torchvision/imagenet",
    ),
}
TEXTBOOK = {"MFCC": featkit.mfcc(), "Mel filterbank": featkit.log_fbank()}


def page() -> str:
    """The whole page."""
    lines = [
        "# Presets",
        "",
        "Made by `python docs/make_presets.py`. `featkit presets show kaldi/fbank` prints one preset in full, with all its",
        "options; `featkit diff sound.wav --preset A --against B` names the first stage at which two of them diverge.",
        "",
        "## How near they are",
        "",
        "A limit is three times what two upstreams of the dialect differ among themselves, or 1e-12 of the largest value where",
        "the upstream computes in float64; where there is no second upstream, the last column says what stands in for it. Images",
        "have a limit of 0: they are the same bits. The tests hold every preset to its limit.",
        "",
        "| preset | checked against | limit | of | streams | from |",
        "|---|---|---|---|---|---|",
    ]
    for name in presets.names():
        parity = PARITY.get(name)
        pipeline = presets.get(name)
        streams = "yes" if pipeline.streamable else "in two passes"
        if learns(pipeline):
            streams = "once fitted"
        elif not pipeline.streamable and pipeline.axes()[0][0] == "height":
            streams = "an image at a time"
        checked = (
            parity.upstream,
            f"{parity.limit:g}",
            "the largest value" if parity.relative else "the value",
            parity.reason,
        )
        lines.append(
            "| " + " | ".join((f"`{name}`", *checked[:3], streams, checked[3]) if parity else (f"`{name}`",)) + " |"
        )
    for family, members in FAMILIES.items():
        lines += [
            "",
            f"## {family}, side by side",
            "",
            *_table(family, [name for name in members if name in presets.names()]),
        ]
    return "\n".join(lines) + "\n"


def _table(family: str, members: list[str]) -> list[str]:
    textbook = {"textbook": TEXTBOOK[family]} if family in TEXTBOOK else {}
    columns = {**textbook, **{name: presets.get(name) for name in members}}
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for title, pipeline in columns.items():
        seen: dict[str, int] = {}
        for stage in steps(pipeline):
            seen[stage.name] = seen.get(stage.name, 0) + 1
            label = stage.name if seen[stage.name] == 1 else f"{stage.name} ({seen[stage.name]})"
            for parameter, value in stage.fields().items() or (("", ""),):
                cells.setdefault((label, parameter), {})[title] = literal(value) if parameter else "yes"
        for stage in pipeline.stages:
            if isinstance(stage, Join):
                cells.setdefault(("join", ""), {})[title] = f"{len(stage.branches)} branches"
    order = {name: at for at, name in enumerate(dict.fromkeys(label for label, _ in cells))}
    lines = ["| stage | parameter | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for (label, parameter), values in sorted(cells.items(), key=lambda cell: order[cell[0][0]]):
        lines.append(f"| {label} | {parameter} | " + " | ".join(values.get(title, "") for title in columns) + " |")
    return lines


if __name__ == "__main__":
    Path(__file__).with_name("presets.md").write_text(page(), encoding="utf-8")
