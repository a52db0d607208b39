"""Make ``multimodal/``: numbers that are heard, seen and read, for documents and tests.

Each sample has a sound (a chord that glides, as a vowel does, in noise), an image (a seven-segment digit, shifted, partly
covered, in noise) and a text (a caption that names the number by one of two words, or another number, or none). None of them
tells the number for sure; together they nearly do. Run it as ``python examples/make_multimodal.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

RATE, SECONDS, SIDE = 8000, 0.16, 16
WORDS = [("zero", "nought"), ("one", "single"), ("two", "pair"), ("three", "triple"), ("four", "quartet")]
CAPTIONS = ["a picture of {}", "number {} , read aloud", "it says {} here", "{} on a card"]
#: Which of the segments a (top), b, c (right), d (bottom), e, f (left), g (middle) a digit has.
SEGMENTS = ["abcdef", "bc", "abged", "abgcd", "fgbc"]
PLACES = {
    "a": np.s_[2:4, 5:11], "b": np.s_[3:8, 9:11], "c": np.s_[8:13, 9:11], "d": np.s_[12:14, 5:11],
    "e": np.s_[8:13, 5:7], "f": np.s_[3:8, 5:7], "g": np.s_[7:9, 5:11],
}  # fmt: skip


def sound(number: int, rng: np.random.Generator) -> np.ndarray:
    """A chord whose tones glide from one place to another."""
    time = np.arange(round(RATE * SECONDS)) / RATE
    low, high = 300 + 90 * number, 2300 - 280 * number
    glide = 1 + 0.15 * (number % 2 * 2 - 1) * time / SECONDS
    pitch = rng.uniform(0.87, 1.15)
    tones = [np.sin(2 * np.pi * np.cumsum(tone * pitch * glide) / RATE + rng.uniform(0, 6)) for tone in (low, high)]
    envelope = np.sin(np.pi * time / SECONDS) ** 0.5
    noisy = envelope * sum(tones) / 2 + rng.uniform(0.8, 2.0) * rng.standard_normal(len(time))
    return 0.5 * noisy / np.abs(noisy).max()


def image(number: int, rng: np.random.Generator) -> np.ndarray:
    """A digit as a pocket calculator shows it, with a square over a part of it."""
    pixels = np.zeros((SIDE, SIDE))
    for segment in SEGMENTS[number]:
        pixels[PLACES[segment]] = rng.uniform(0.5, 1.0)
    pixels = np.roll(pixels, rng.integers(-1, 2, 2), (0, 1))
    row, column = rng.integers(1, 10, 2)
    pixels[row : row + 5, column : column + 5] = rng.uniform(0, 1)
    return np.clip(255 * (pixels + rng.normal(0, 0.25, pixels.shape)), 0, 255).astype(np.uint8)


def text(number: int, rng: np.random.Generator) -> str:
    """A caption that names the number three times out of four."""
    named = number if rng.random() < 0.75 else int(rng.integers(len(WORDS)))
    word = WORDS[named][int(rng.integers(2))] if rng.random() < 0.9 else "something"
    return CAPTIONS[int(rng.integers(len(CAPTIONS)))].format(word)


def write(folder: Path, learned: int, seen: int, seed: int = 0) -> Path:
    """So many samples to learn from, and to look at, of all numbers in turn; returns the manifest."""
    rng = np.random.default_rng(seed)
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    (folder / "image").mkdir(exist_ok=True)
    lines = []
    for at in range(learned + seen):
        number = at % len(WORDS)
        names = {"audio": f"audio/{at:03}.wav", "image": f"image/{at:03}.png"}
        soundfile.write(folder / names["audio"], sound(number, rng), RATE, subtype="PCM_16")
        Image.fromarray(image(number, rng)).save(folder / names["image"], optimize=True)
        kinds = [WORDS[number][0], "even" if number % 2 == 0 else "odd"] + ["prime"] * (number in (2, 3))
        record = {**names, "text": text(number, rng), "label": number, "labels": kinds}
        lines.append(json.dumps({**record, "split": "train" if at < learned else "test"}) + "\n")
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(lines), "utf-8")
    return manifest


def main() -> None:
    """Write ``multimodal/`` beside this script: samples, a model, and the features of two modalities."""
    from featkit.files.manifest import read_manifest
    from featkit.multimodal import train

    folder = Path(__file__).with_name("multimodal")
    manifest = write(folder, learned=60, seen=20)
    trained = train(read_manifest(manifest, split="train").samples)
    trained.model.save(folder / "model.npz", overwrite=True)
    rows, _, _ = trained.model.features(read_manifest(manifest, split="test").samples)
    said = trained.model.head[0](rows)  # by each modality: probabilities, which are all of one width
    np.save(folder / "sound.npy", said["audio"].astype(np.float32))
    np.save(folder / "picture.npy", said["image"].astype(np.float32))
    print(f"{folder}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()):,} bytes")


if __name__ == "__main__":
    main()
