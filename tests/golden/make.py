"""Make the golden files: what upstreams too heavy for the tests compute from examples/speech.wav and picture.png.

Run it as ``python tests/golden/make.py [DIALECT ...]`` in an environment that has the upstreams. Every module in
``tests/golden/upstreams/`` is a dialect and gives

- ``PACKAGES``: the distributions whose versions are stored
- ``CASES``: a list of dicts with ``name``, ``preset`` and ``options`` (for featkit.presets.get)
- ``compute(case, samples, rate)``: the upstream's own output, shape (frames, features); samples are float32 in [-1, 1)
- or, for images, ``compute_image(case, image)``: shape (height, width, channels), of the picture as Pillow opens it

Each file in ``tests/golden/files/`` holds the outputs and, as JSON under ``meta``, the cases and versions.
"""

import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

HERE = Path(__file__).parent
SECONDS = 1.5  # of the example, from where it is loud


def signal() -> tuple[np.ndarray, int]:
    """The part of examples/speech.wav that golden files are made from."""
    samples, rate = soundfile.read(HERE.parents[1] / "examples" / "speech.wav", dtype="float32")
    return samples[rate // 2 : rate // 2 + int(SECONDS * rate)], rate


def picture() -> Image.Image:
    """The picture that golden files are made from."""
    return Image.open(HERE.parents[1] / "examples" / "picture.png")


def make(dialect: Path) -> None:
    """Compute and store one dialect."""
    spec = importlib.util.spec_from_file_location(dialect.stem, dialect)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if hasattr(module, "compute_image"):
        outputs = {case["name"]: module.compute_image(case, picture()) for case in module.CASES}
    else:
        outputs = {case["name"]: module.compute(case, *signal()) for case in module.CASES}
    versions = {package: importlib.metadata.version(package) for package in module.PACKAGES}
    meta = json.dumps({"versions": versions, "cases": module.CASES})
    out = HERE / "files" / f"{dialect.stem}.npz"
    np.savez_compressed(out, meta=np.array(meta), **outputs)
    print(f"{out.name}: {len(outputs)} cases, {out.stat().st_size} bytes")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    for path in sorted((HERE / "upstreams").glob("*.py")):
        if not chosen or path.stem in chosen:
            make(path)
