"""How far a training has come."""

from __future__ import annotations

from typing import NamedTuple

from featkit.errors import InputError
from featkit.numeric import Array


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
