"""Training vectors of words: what its learners have in common, and how far one has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from featkit.errors import InputError
from featkit.learner import Learner
from featkit.numeric import Array
from featkit.text.embeddings.corpus import Corpus
from featkit.text.embeddings.vectors import WordVectors
from featkit.text.tokens import Tokens, as_tokens


class Training(NamedTuple):
    """All there is to go on from: what is trained on what, its tables, and how many of its steps are done."""

    learner: str  # repr
    corpus: str  # what tells its corpus from others
    tables: tuple[Array, ...]
    done: int
    of: int

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return self.done / self.of

    def matches(self, learner: str, corpus: str) -> None:
        """Refuse to go on with something else.

        Raises
        ------
        InputError
            If the learner or the corpus is another one.
        """
        if learner != self.learner:
            raise InputError(
                f"the training was begun for {self.learner}, not for {learner}; begin anew or go on with that"
            )
        if corpus != self.corpus:
            raise InputError("the training was begun on another corpus; begin anew or go on with that one")


class WordLearner(Learner):
    """A stage that learns a vector for each word from a whole corpus, step by step.

    The author writes :meth:`trainings`, :meth:`vectors` and ``row_shape``.
    """

    shape = "document token -> document feature"
    exact = False

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def start(self) -> Corpus:
        return Corpus()

    def update(self, statistics: Corpus, rows: Tokens) -> Corpus:
        statistics.add(rows)
        return statistics

    def merge(self, one: Corpus, other: Corpus) -> Corpus:
        return Corpus.joined(one, other)

    def finish(self, statistics: Corpus) -> WordVectors:
        for training in self.trainings(statistics):
            last = training
        return self.vectors(statistics, last)

    def trainings(self, corpus: Corpus, training: Training | None = None) -> Iterator[Training]:
        """Train: each step yields how far it has come, from which it can go on later."""
        raise NotImplementedError(f"{type(self).__name__} must define trainings(corpus, training)")

    def vectors(self, corpus: Corpus, training: Training) -> WordVectors:
        """What a training has come to."""
        raise NotImplementedError(f"{type(self).__name__} must define vectors(corpus, training)")
