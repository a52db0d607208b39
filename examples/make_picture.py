"""Make ``picture.png``, the picture that the documents and the tests use: a landscape with edges, textures and flat parts.

A sky that grows lighter downwards with a sun in it, two ridges of hills, a brick wall and a striped gate, 200 x 150 pixels.
Run it as ``python examples/make_picture.py``.
"""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 150, 200


def picture() -> np.ndarray:
    """The picture, uint8 of shape (height, width, 3)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    grain = np.random.default_rng(0).standard_normal((HEIGHT, WIDTH))
    colours = np.array([70.0, 130.0, 210.0]) + (y / HEIGHT)[..., None] * np.array([150.0, 80.0, 20.0])

    def paint(where: np.ndarray, colour: tuple[float, float, float], shade: np.ndarray | float = 0.0) -> None:
        colours[where] = (np.array(colour) + np.broadcast_to(shade, where.shape)[..., None])[where]

    paint((x - 150) ** 2 + (y - 32) ** 2 < 17**2, (255.0, 225.0, 90.0))
    paint(y > 70 - 14 * np.sin(x / 31.0) - 5 * np.sin(x / 9.0), (86.0, 108.0, 128.0), 4 * grain)
    paint(y > 92 - 10 * np.sin(x / 23.0 + 2.0), (58.0, 122.0, 56.0), 14 * grain)
    wall = (y >= 104) & (x < 112)
    paint(wall, (170.0, 74.0, 52.0), 7 * grain)
    course = (y - 104) // 8
    mortar = ((y - 104) % 8 < 1) | ((x + 8 * (course % 2)) % 16 < 1)
    paint(wall & mortar, (196.0, 190.0, 180.0), 3 * grain)
    gate = (y >= 96) & (x >= 128) & (x < 184)
    paint(gate & ((x + y) % 14 < 7), (235.0, 235.0, 235.0))
    paint(gate & ((x + y) % 14 >= 7), (200.0, 20.0, 30.0))
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)


def main() -> None:
    """Write picture.png beside this script."""
    out = Path(__file__).with_name("picture.png")
    Image.fromarray(picture()).save(out, optimize=True)
    print(f"{out}: {WIDTH} x {HEIGHT} pixels, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
