"""What can go wrong, as types.

Every error featkit raises on purpose is a :class:`FeatkitError` whose message is one sentence: what, where, the
value, and the remedy. Each also is the built-in error a reader would expect (``ValueError``, ``TypeError`` ...), so
that callers who know nothing of featkit can catch it too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FeatkitError(Exception):
    """The base of all errors featkit raises on purpose."""


class ParameterError(FeatkitError, ValueError):
    """A stage or function was given a parameter it cannot take."""


class ShapeError(FeatkitError, ValueError):
    """Two stages, or a stage and its input, disagree about axes or sizes."""


class InputError(FeatkitError, ValueError):
    """The data itself cannot be used: wrong type, not finite, empty, several channels ..."""


class NotStreamable(FeatkitError, TypeError):
    """A stage that needs the whole input was asked to stream."""


class NotFitted(FeatkitError, TypeError):
    """A Learner was called before it was fitted."""


class ReadError(FeatkitError, OSError):
    """A file cannot be read, or is not what its reader needs."""


class WriteError(FeatkitError, OSError):
    """A file cannot be written."""


class MissingExtra(FeatkitError, ImportError):
    """An optional package is needed and not installed."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name, else ``""``.

    >>> did_you_mean("haming", ["hamming", "hann"])
    "; did you mean 'hamming'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
