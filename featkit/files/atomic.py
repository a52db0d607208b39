"""Writing so that a file is either whole or not there: under a temporary name that is renamed at the end."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from featkit.errors import FeatkitError, WriteError

_REMEDIES = {
    errno.ENOSPC: "free some space or write elsewhere with -o",
    errno.EDQUOT: "free some space or write elsewhere with -o",
    errno.EFBIG: "raise the limit on file sizes or write elsewhere with -o",
    errno.EROFS: "write elsewhere with -o",
    errno.EACCES: "write elsewhere with -o, or change the folder's permissions",
    errno.EPERM: "write elsewhere with -o, or change the folder's permissions",
    errno.EEXIST: "a part of the path is a file; choose another folder",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name with -o",
}


@contextmanager
def atomic(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """Open ``path`` for writing; it appears under its name only when the block ends well.

    Missing folders are made. After an error, or Ctrl-C, nothing is left behind.

    Raises
    ------
    WriteError
        If the file is there and not to be overwritten, or the system refuses (no space, read-only, no permission).
    """
    target = Path(path)
    part = target.with_name(f".{secrets.token_hex(8)}.part")  # short: the target's own name may have the longest length
    file: IO[bytes] | None = None
    try:  # Ctrl-C may come as soon as the file is there
        with explained(target):
            _refuse_existing(target, overwrite)
            target.parent.mkdir(parents=True, exist_ok=True)
            file = open(part, "xb")  # noqa: SIM115  (closed below, before it is renamed)
            yield file
            file.close()
            _refuse_existing(target, overwrite)
            os.replace(part, target)
    finally:
        with suppress(OSError):
            if file is not None:
                file.close()
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def output(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """As :func:`atomic`; ``"-"`` is standard output, and what goes there waits in a temporary file until all is well."""
    if os.fspath(path) != "-":
        with atomic(path, overwrite=overwrite) as file:
            yield file
        return
    if sys.stdout is None:
        raise WriteError("standard output is closed; give the name of a file with -o")
    with explained("standard output"), tempfile.TemporaryFile() as file:
        yield file
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise WriteError(f"{target} is a folder; give the name of a file in it")
    if target.exists() and not overwrite:
        raise WriteError(
            f"{target} exists already; use overwrite=True (on the command line: --overwrite) or another name"
        )


@contextmanager
def explained(target: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says while ``target`` is written into a :class:`WriteError` with its remedy."""
    try:
        yield
    except (FeatkitError, BrokenPipeError):
        raise
    except OSError as error:
        reason, remedy = (
            (error.strerror or str(error)).lower(),
            _REMEDIES.get(error.errno or 0, "write elsewhere with -o"),
        )
        raise WriteError(f"{os.fspath(target)} cannot be written: {reason}; {remedy}") from None
