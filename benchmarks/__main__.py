"""``python -m benchmarks``: see ``--help``."""

from __future__ import annotations

import os
import sys

#: One thread in every library that asks one of these, which it does once, when it is loaded.
ONE_THREAD = {
    f"{name}_THREADS": "1"
    for name in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "BLIS_NUM", "NUMEXPR_NUM", "NUMBA_NUM", "VECLIB_MAXIMUM")
}
#: With less of a processor than that, ratios are noise.
IDLE = 0.9
#: Modules with a function ``sections(asked)``, in the order of the page.
FAMILIES = ("audio", "image", "convolution", "text", "embeddings", "classifier", "memory", "command", "growth")


def main(arguments: list[str]) -> int:
    """Measure, print the page, and write it where that is asked; 1 where a gate stayed shut or a floor isn't held."""
    import argparse
    import warnings
    from importlib import import_module

    from benchmarks.report import Asked, page, say
    from benchmarks.signals import ROOT

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="featkit against its peers, on one thread."
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="WORD", help="the parts whose name holds one of the words"
    )
    parser.add_argument("--quick", action="store_true", help="less of everything: does it run?")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md; the whole of it")
    given = parser.parse_args(arguments)
    if given.write and (given.only or given.quick):
        parser.error("--write writes the whole page, so it goes with neither --only nor --quick")
    warnings.simplefilter("ignore")  # the peers' own
    docs = ROOT / "docs"
    asked = Asked(tuple(given.only), given.quick, docs if given.write else None)
    sections = [section for family in FAMILIES for section in import_module(f"benchmarks.{family}").sections(asked)]
    text = page(sections)
    print(text)
    if given.write:
        (docs / "benchmarks.md").write_text(text, encoding="utf-8")
    problems = [problem for section in sections for problem in section.problems]
    busy = [share for section in sections for share in section.busy]
    if busy and min(busy) < IDLE:
        say(
            f"Only {min(busy):.0%} of a processor was to be had: something else ran, and these times are not to be trusted."
        )
    for problem in problems:
        say(f"not held: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    if any(os.environ.get(name) != one for name, one in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | ONE_THREAD)
    sys.exit(main(sys.argv[1:]))
