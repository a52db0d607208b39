"""Write the table of docs/image-features.md: how well a linear classifier does on learned kernels, and on the pixels themselves.

Run it as ``FEATKIT_DATA=... python docs/make_kernels.py``; the folder ``images`` in there holds the photographs and digits,
and the textures are made here. The classifier is scikit-learn's.
"""

import os
from pathlib import Path

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import featkit

PAGE = Path(__file__).with_name("image-features.md")
START = "<!-- made by python docs/make_kernels.py -->"
END = "<!-- end -->"

#: 50 kernels in four quadrants are 200 features.
KERNELS, SPLITS = 50, 10


def textures(each: int, side: int = 32, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Images of eight textures, ``each`` of every kind, all in another place, brightness and contrast, and noisy.

    Stripes in four directions, a checked pattern, a coarse and a fine cloud, and spots.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side].astype(float)
    images, labels = [], []
    for label in range(8):
        for _ in range(each):
            u, v = x + rng.uniform(0, side), y + rng.uniform(0, side)
            period = rng.uniform(5, 8)
            if label < 4:
                angle = label * np.pi / 4 + rng.normal(0, 0.1)
                picture = np.sin(2 * np.pi * (u * np.cos(angle) + v * np.sin(angle)) / period)
            elif label == 4:
                picture = np.sign(np.sin(2 * np.pi * u / period) * np.sin(2 * np.pi * v / period))
            elif label in (5, 6):
                picture = cloud(rng, side, scale=3.0 if label == 5 else 1.0)
            else:
                picture = 3.0 * (cloud(rng, side, scale=1.5) > 1.2) - 0.5
            picture = rng.uniform(90, 160) + rng.uniform(20, 50) * picture + rng.normal(0, 15, picture.shape)
            images.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8)[..., None])
            labels.append(label)
    return images, np.array(labels)


def cloud(rng: np.random.Generator, side: int, scale: float) -> np.ndarray:
    """Noise smoothed to a scale, of variance 1."""
    kernel = featkit.gaussian_kernels(scale)
    noise = rng.standard_normal((side + kernel.shape[2] - 1,) * 2)[..., None]
    smooth = featkit.Convolve(kernel)(noise)[..., 0]
    return (smooth - smooth.mean()) / smooth.std()


def digits(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """300 handwritten digits of MNIST."""
    with np.load(folder / "mnist_300.npz") as archive:
        return list(archive["images"][..., None]), archive["labels"]


def photographs(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """50 photographs of CIFAR, five of each of ten things: too few to learn much from."""
    files = sorted((folder / "cifar").glob("*.jpg"))
    return [featkit.read_image(file) for file in files], np.array([file.stem.rpartition("_")[0] for file in files])


def accuracy(images: list[np.ndarray], labels: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The share of held-out images that a linear classifier names rightly, for each split: on pixels, on learned kernels.

    Kernels and classifier learn from the same half of the images; the strength of its penalty is chosen on that half.
    """
    pixels, learned = [], []
    raw = np.stack([image.ravel() for image in images]).astype(float)
    for train, test in StratifiedShuffleSplit(SPLITS, test_size=0.5, random_state=seed).split(raw, labels):
        features = featkit.LearnKernels(KERNELS) | featkit.AdaptiveAveragePool(2) | featkit.Flatten()
        fitted = features.fit([images[at] for at in train])
        made = np.concatenate(fitted.map([image.astype(np.float32) for image in images]))
        for values, scores in ((raw, pixels), (made, learned)):
            classifier = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-2, 5, 15)))
            scores.append(classifier.fit(values[train], labels[train]).score(values[test], labels[test]))
    return np.array(pixels), np.array(learned)


def table(sets: dict[str, tuple[list[np.ndarray], np.ndarray]]) -> str:
    """The table as Markdown."""
    lines = [
        "| images | of each half | classes | on all pixels | on 200 learned features | better in |",
        "|---|---|---|---|---|---|",
    ]
    for name, (images, labels) in sets.items():
        pixels, learned = accuracy(images, labels)
        lines.append(
            f"| {name} | {len(images) // 2} | {len(set(labels.tolist()))} | {pixels.mean():.1%} | {learned.mean():.1%} "
            f"| {np.sum(learned > pixels)} of {SPLITS} splits |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table and put it on the page."""
    folder = Path(os.environ["FEATKIT_DATA"]) / "images"
    sets = {
        "textures made by the script": textures(50),
        "MNIST digits": digits(folder),
        "CIFAR photographs": photographs(folder),
    }
    text = table(sets)
    print(text)
    if PAGE.exists():
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(START)
        PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
