"""Texts to measure with: corpora that FEATKIT_DATA has, or made ones whose words come as often as words do."""

from __future__ import annotations

import lzma
import os
from functools import cache
from pathlib import Path

import numpy as np

_FILES = {"English": "enwiki_10m.txt.xz", "Korean": "kowiki.txt.xz", "Chinese": "zhwiki.txt.xz"}
_ALPHABETS = {
    "English": "etaoinshrdlcumwfgypbvk",
    "Korean": "가나다라마바사아자차카타파하고도로모보소",
    "Chinese": "的一是不了人我在有他这为之大来以个中上们",
}


def documents(language: str, size: int, megabytes: float) -> list[str]:
    """Documents of about ``size`` characters, ``megabytes`` of UTF-8 in all; what is longer than the corpus repeats."""
    found: list[str] = []
    lines = _lines(language)
    piece: list[str] = []
    length, left = 0, megabytes * 1e6
    while left > 0:
        for line in lines:
            piece.append(line)
            length += len(line)
            if length >= size:
                text = " ".join(piece)
                found += [text[at : at + size] for at in range(0, len(text), size)] if length > 2 * size else [text]
                left -= len(text.encode())
                piece, length = [], 0
                if left <= 0:
                    break
    return found


@cache
def _lines(language: str) -> list[str]:
    folder = os.environ.get("FEATKIT_DATA", "")
    path = Path(folder) / "corpora" / _FILES[language]
    if folder and path.exists():
        return lzma.decompress(path.read_bytes()).decode().splitlines()
    return _made(language)


def origin() -> str:
    """What the texts are."""
    folder = os.environ.get("FEATKIT_DATA", "")
    known = folder and (Path(folder) / "corpora" / _FILES["English"]).exists()
    return "Wikipedia's paragraphs (CC BY-SA)" if known else "made words, as often as Zipf's law has them"


def _made(language: str, lines: int = 40_000, words: int = 200_000) -> list[str]:
    rng, alphabet = np.random.default_rng(5), np.array(list(_ALPHABETS[language]))
    longest = 4 if language != "English" else 12
    sizes = rng.integers(2, longest + 1, words)
    letters = iter(alphabet[rng.integers(len(alphabet), size=sizes.sum())].tolist())
    vocabulary = ["".join(next(letters) for _ in range(size)) for size in sizes.tolist()]
    ranks = np.minimum(rng.zipf(1.1, 60 * lines) - 1, words - 1).reshape(lines, 60)
    space = "" if language == "Chinese" else " "
    return [space.join(map(vocabulary.__getitem__, row)) + "." for row in ranks.tolist()]
