"""Make ``corpus.txt``, sentences about animals and the weather, and two vocabularies, ``animals.txt`` and ``weather.txt``.

Run it as ``python examples/make_corpus.py``.
"""

import random
from pathlib import Path

ANIMALS = ["cat", "dog", "heron", "hedgehog", "beaver", "raven", "hare", "toad"]
WEATHER = ["rain", "snow", "fog", "wind", "hail", "sunshine", "thunder", "frost"]
SENTENCES = [
    "The {animal} sleeps through the {weather}.",
    "A {animal} and a {other} wait for the {weather} to end.",
    "No {weather} today, so the {animal} is out by noon.",
    "After {weather} comes {later}, and the {animal} knows it.",
    "The {animal} was here before the {other}; the {weather} has washed its tracks away.",
    "Is that a {animal}? In this {weather} it could be a {other}.",
    "In {weather} the {animal}'s house is a café for every {other}.",
]


def main() -> None:
    """Write the three files beside this script."""
    here, draw = Path(__file__).parent, random.Random(0)
    lines = []
    for _ in range(200):
        animal, other = draw.sample(ANIMALS, 2)
        weather, later = draw.sample(WEATHER, 2)
        sentence = draw.choice(SENTENCES)
        lines.append(sentence.format(animal=animal, other=other, weather=weather, later=later))
    for name, written in {"corpus.txt": lines, "animals.txt": sorted(ANIMALS), "weather.txt": sorted(WEATHER)}.items():
        out = here / name
        out.write_bytes("".join(f"{line}\n" for line in written).encode())
        print(f"{out}: {len(written)} lines, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
