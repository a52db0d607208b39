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
#: The pages in ``docs/benchmarks/``: the title of each, and its modules, which have a function ``sections(asked)``.
PAGES = {
    "audio": ("sound", ("audio", "memory", "command", "growth")),
    "image": ("images", ("image", "convolution")),
    "text": ("text", ("text",)),
    "embeddings": ("word vectors", ("embeddings",)),
    "fusion": ("classifiers", ("classifier",)),
}


def main(arguments: list[str]) -> int:
    """Measure, print the pages, and write them where that is asked; 1 where a gate stayed shut or a floor isn't held."""
    import argparse
    import warnings
    from importlib import import_module

    from benchmarks.report import Asked, Section, page, say
    from benchmarks.signals import ROOT

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="featkit against its peers, on one thread."
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="WORD", help="the parts whose name holds one of the words"
    )
    parser.add_argument("--quick", action="store_true", help="less of everything: does it run?")
    parser.add_argument(
        "--write", nargs="*", choices=[*PAGES], metavar="PAGE",
        help=f"write docs/benchmarks/PAGE.md, the whole of it: {', '.join(PAGES)}; without a name all of them",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    writes = given.write is not None
    if writes and (given.only or given.quick):
        parser.error("--write writes whole pages, so it goes with neither --only nor --quick")
    warnings.simplefilter("ignore")  # the peers' own
    docs = ROOT / "docs" / "benchmarks"
    asked = Asked(tuple(given.only), given.quick, docs if writes else None)
    sections: list[Section] = []
    for name in given.write or PAGES:
        title, modules = PAGES[name]
        measured = [section for module in modules for section in import_module(f"benchmarks.{module}").sections(asked)]
        if not measured:
            continue
        text = page(name, title, measured)
        print(text)
        if writes:
            (docs / f"{name}.md").write_text(text, encoding="utf-8")
        sections += measured
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
