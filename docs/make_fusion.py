"""Which modalities and which fusion do how well: the table in docs/fusion.md.

    python docs/make_fusion.py MANIFEST [--write] [--samples N]

Learns from the lines of the split ``train`` of a manifest, with the defaults of ``featkit train``, and looks at those of the
split ``test``: each modality alone, each pair, all three; by late fusion, by the mean, side by side, by averaged features.
"""

from __future__ import annotations

import argparse
import itertools
import re
from pathlib import Path

import numpy as np

from featkit.files.manifest import read_manifest
from featkit.fusion.metrics import accuracy
from featkit.multimodal import DEFAULTS, Model, fit_head, gather, prepared

PAGE = Path(__file__).parent / "fusion.md"
FUSIONS = {"late": "late: product", "mean": "late: mean", "concat": "side by side", "average": "averaged features"}


def table(manifest: str, samples: int | None, seed: int) -> str:
    """The accuracies on the test part, as a Markdown table."""
    learned, seen = (read_manifest(manifest, split=split).samples for split in ("train", "test"))
    if samples is not None:
        order = np.random.default_rng(seed).permutation(len(learned))
        learned = [learned[at] for at in np.sort(order[:samples])]
    gathered = gather(learned, DEFAULTS)
    before, labels = prepared(gathered), [sample.label for sample in gathered.samples]
    whole = Model(gathered.audio, gathered.image, None, gathered.facts)
    rows, kept, _ = whole.features(seen)
    true = [sample.label for sample in kept]
    names = gathered.rows.names
    lines = [
        f"Learned from {len(labels):,} samples, looked at on {len(true):,}:",
        "",
        "| modalities | " + " | ".join(FUSIONS.values()) + " |",
        "|" + "---|" * (1 + len(FUSIONS)),
    ]
    for count in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, count):
            cells = []
            for fusion in FUSIONS if count > 1 else ("late",):
                head, _ = fit_head(gathered.rows.only(chosen), labels, {name: before[name] for name in chosen}, fusion)
                right = accuracy(true, head.stages[-1].decide(head(rows.only(chosen))))
                cells.append(f"{right:.3f}")
                print(" + ".join(chosen), fusion, cells[-1], flush=True)
            lines.append(f"| {' + '.join(chosen)} | {' | '.join([*cells, *[''] * (len(FUSIONS) - len(cells))])} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest")
    parser.add_argument("--write", action="store_true", help="into docs/fusion.md, between its marks")
    parser.add_argument("--samples", type=int, help="learn from so many lines only")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    given = parser.parse_args()
    made = table(given.manifest, given.samples, given.seed)
    print(made)
    if given.write:
        page = PAGE.read_text("utf-8")
        marked = re.sub(
            r"(<!-- table -->\n).*?(<!-- end -->)", lambda found: f"{found[1]}{made}\n{found[2]}", page, flags=re.S
        )
        PAGE.write_text(marked, "utf-8")


if __name__ == "__main__":
    main()
