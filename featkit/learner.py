"""Learners: stages that have to see data first, and give another stage then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from featkit.errors import InputError, NotFitted, ParameterError
from featkit.numeric import Rows, length_of
from featkit.stage import Stage, State


class Learner(Stage):
    """A stage that has to see data first: ``fit(items)`` returns the fitted stage and changes nothing here.

    The author writes four functions over *statistics* that add up (counts, sums): ``start() -> statistics``,
    ``update(statistics, rows) -> statistics``, ``merge(a, b) -> statistics`` and ``finish(statistics) -> Stage``. So a
    corpus can be split over machines: ``finish(merge(a, b))`` of two halves equals ``fit`` of the whole.
    """

    #: Whether they add up exactly (integers do), so that what a pipeline makes of an item may be learned from in blocks.
    exact: ClassVar[bool] = False

    def start(self) -> Any:
        """The statistics of nothing."""
        raise NotImplementedError(f"{type(self).__name__} must define start()")

    def update(self, statistics: Any, rows: Rows) -> Any:
        """The statistics with these rows added."""
        raise NotImplementedError(f"{type(self).__name__} must define update(statistics, rows)")

    def merge(self, one: Any, other: Any) -> Any:
        """The statistics of both together."""
        raise NotImplementedError(f"{type(self).__name__} must define merge(one, other)")

    def finish(self, statistics: Any) -> Stage:
        """The stage that these statistics define."""
        raise NotImplementedError(f"{type(self).__name__} must define finish(statistics)")

    def gather(self, items: Iterable[Any]) -> Any:
        """The statistics of an iterable of inputs, to be merged with others or finished."""
        statistics = self.start()
        for item in items:
            statistics = self.update(statistics, self.admit(item))
        return statistics

    def fit(self, items: Iterable[Any]) -> Stage:
        """Learn from an iterable of inputs (utterances, blocks of documents) and return the fitted stage."""
        return self.finish(self.gather(items))

    def fit_apply(self, items: Iterable[Any]) -> tuple[Stage, list[Rows]]:
        """Fit, and what the fitted stage makes of the same items, which are read once.

        A Learner that keeps what it needs of the items while it learns (counts, not words) overrides it.
        """
        kept = list(items)
        fitted = self.fit(kept)
        return fitted, fitted.map(kept)

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        raise NotFitted(f"{type(self).__name__} has learned nothing yet; call fit(items) and use the stage it returns")


class Supervised(Learner):
    """A Learner that is told what each row is: ``fit(items, labels)``, with the labels of every item's rows.

    The author writes ``update(statistics, rows, labels)`` instead of ``update(statistics, rows)``.
    """

    def update(self, statistics: Any, rows: Rows, labels: Any = None) -> Any:
        """The statistics with these rows and their labels added."""
        raise NotImplementedError(f"{type(self).__name__} must define update(statistics, rows, labels)")

    def gather(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> Any:
        """The statistics of an iterable of inputs and, as long, of the labels of their rows."""
        name, statistics = type(self).__name__, self.start()
        if labels is None:
            raise ParameterError(
                f"{name} learns from labels; call fit(items, labels), with the labels of each item's rows"
            )
        told = iter(labels)
        for item in items:
            rows = self.admit(item)
            given = next(told, None)
            count = 0 if given is None else len(given)
            if count != length_of(rows):
                raise InputError(f"{name} takes one label a row: an item has {length_of(rows)} rows and {count} labels")
            statistics = self.update(statistics, rows, given)
        if next(told, None) is not None:
            raise InputError(
                f"{name} was given labels for more items than there are; give those of each item, in order"
            )
        return statistics

    def fit(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> Stage:
        """Learn from inputs and the labels of their rows, and return the fitted stage."""
        return self.finish(self.gather(items, labels))

    def fit_apply(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> tuple[Stage, list[Rows]]:
        """Fit, and what the fitted stage makes of the same items."""
        kept = list(items)
        fitted = self.fit(kept, labels)
        return fitted, fitted.map(kept)
