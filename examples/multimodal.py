"""Decide by sound, image and text, and see what each of them adds: ``python examples/multimodal.py``.

Makes its own data (see make_multimodal.py), learns from 200 samples with the defaults of ``featkit train``, and shows how many of
200 others are named rightly: by each modality alone, each pair, all three, and by each way of putting them together.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from make_multimodal import write

from featkit.files.manifest import read_manifest
from featkit.fusion.metrics import accuracy
from featkit.multimodal import DEFAULTS, Model, fit_head, gather, prepared

FUSIONS = ("late", "mean", "concat", "average")


def main(learned: int = 200, seen: int = 200) -> dict[str, float]:
    """Print the table, and return it."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        manifest = write(Path(folder), learned, seen)
        gathered = gather(read_manifest(manifest, split="train").samples, DEFAULTS)
        before, labels = prepared(gathered), [sample.label for sample in gathered.samples]
        reader = Model(gathered.audio, gathered.image, None, gathered.facts)
        rows, kept, _ = reader.features(read_manifest(manifest, split="test").samples)
    true = [sample.label for sample in kept]
    for count in (1, 2, 3):
        for names in itertools.combinations(gathered.rows.names, count):
            for fusion in FUSIONS if count > 1 else ("late",):
                branches = {name: before[name] for name in names}
                head, _ = fit_head(gathered.rows.only(names), labels, branches, fusion)
                right = accuracy(true, head.stages[-1].decide(head(rows.only(names))))
                found[f"{' + '.join(names)}: {fusion}"] = right
                print(f"{' + '.join(names):22} {fusion:8} {right:.3f}", flush=True)
    return found


if __name__ == "__main__":
    main()
