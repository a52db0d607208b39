"""What the columns of a classifier's output stand for, and how a decision is read from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape

Label: TypeAlias = str | int


class _Named(Pointwise):
    """What both have in common: columns with names."""

    shape = "* * -> * label"

    names: tuple[str | int, ...]

    def check(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise ParameterError(f"{type(self).__name__} takes one name a column, each once, got {self.names!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row != (len(self.names),):
            raise ShapeError(f"{type(self).__name__} has {len(self.names)} names, got rows of {row[0]}")
        return (len(self.names),)

    def apply(self, rows: Array) -> Array:
        return rows


class OneLabel(_Named):
    """Say that column d is the probability of one label; a row has one of them.

    Parameters
    ----------
    names : tuple of str or int

    Notes
    -----
    Shape: ``(rows, labels)``, unchanged. :meth:`decide` reads the labels from probabilities.

    Raises
    ------
    ParameterError
        If there is no name, or one occurs twice.
    ShapeError
        If a row has another number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> label = OneLabel(("cat", "dog"))
    >>> label.decide(label(np.array([[0.3, 0.7], [0.5, 0.5]])))
    ['dog', 'cat']
    """

    name = "one_label"
    formula = "y = x; the label is argmax_d x[t, d], the first of equals"
    source = "Bayes' rule for equal costs"

    def decide(self, rows: Array) -> list[Label]:
        """The label of each row."""
        return [self.names[at] for at in np.argmax(rows, axis=1)]

    def numbers(self, labels: Iterable[Any]) -> Array:
        """The column of each label.

        Raises
        ------
        InputError
            For a label that is none of the names.
        """
        places = {_key(name): at for at, name in enumerate(self.names)}
        given = list(labels)
        for label in given:
            if _key(label) not in places:
                raise InputError(f"the label {label!r} is none of {', '.join(map(repr, self.names[:20]))}")
        return np.array([places[_key(label)] for label in given], dtype=np.intp)


class ManyLabels(_Named):
    """Say that column d is the probability of one label, and from where on a row has it; a row has any number of them.

    Parameters
    ----------
    names : tuple of str or int
    thresholds : tuple of float, optional
        A row has a label when its probability is at least this; 0.5 unless given.

    Notes
    -----
    Shape: ``(rows, labels)``, unchanged. :meth:`decide` reads the labels from probabilities.

    Raises
    ------
    ParameterError
        If there is no name, one occurs twice, or there isn't a threshold for each.
    ShapeError
        If a row has another number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> labels = ManyLabels(("even", "prime"), thresholds=(0.5, 0.2))
    >>> labels.decide(labels(np.array([[0.9, 0.3], [0.4, 0.1]])))
    [['even', 'prime'], []]
    """

    name = "many_labels"
    formula = "y = x; row t has label d where x[t, d] >= thresholds[d]"
    source = "Tsoumakas & Katakis, Multi-label classification: an overview, 2007"

    thresholds: tuple[float, ...] | None = None

    def check(self) -> None:
        super().check()
        if self.thresholds is not None and len(self.thresholds) != len(self.names):
            raise ParameterError(
                f"ManyLabels takes a threshold a name, got {len(self.thresholds)} for {len(self.names)} names"
            )

    def marks(self, rows: Array) -> Array:
        """Where a row has a label, of type bool."""
        has: Array = rows >= (0.5 if self.thresholds is None else np.array(self.thresholds))
        return has

    def decide(self, rows: Array) -> list[list[Label]]:
        """The labels of each row."""
        return [[self.names[at] for at in np.flatnonzero(row)] for row in self.marks(rows)]

    def indicators(self, labels: Iterable[Sequence[Any]]) -> Array:
        """Which labels each row has, of type bool and shape (rows, labels).

        Raises
        ------
        InputError
            For a label that is none of the names.
        """
        one, given = OneLabel(self.names), list(labels)
        marks = np.zeros((len(given), len(self.names)), dtype=bool)
        for row, has in zip(marks, given, strict=True):
            row[one.numbers(has)] = True
        return marks


def different(labels: Iterable[Any]) -> tuple[Label, ...]:
    """The different labels in order; numbers before words.

    Raises
    ------
    InputError
        For a label that is no text and no integer.
    """
    found: dict[Any, Label] = {}
    for label in labels:
        plain = label.item() if isinstance(label, np.generic) else label
        if not isinstance(plain, (str, int)) or isinstance(plain, bool):
            raise InputError(f"a label is a text or an integer, got {label!r}; write it as text")
        found.setdefault(_key(plain), plain)
    return tuple(sorted(found.values(), key=lambda label: (isinstance(label, str), label)))


def _key(label: Any) -> tuple[bool, Any]:
    """A NumPy number is the number; a text never is."""
    return isinstance(label, str), label.item() if isinstance(label, np.generic) else label
