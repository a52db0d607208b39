"""A corpus as numbers: what is read once and learned from many times."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from itertools import pairwise
from typing import IO, NamedTuple

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.text.lexicon import Lexicon
from featkit.text.strings import Strings
from featkit.text.tokens import Tokens

#: So many bytes of numbers are held in memory (a quarter of a billion tokens); what comes after them waits on the disk.
HELD = 1 << 30
#: Tokens worked on at a time.
_AT_A_TIME = 1 << 22


def temporary(owner: object) -> IO[bytes]:
    """A file without a name that is there as long as its owner."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with its owner)
    weakref.finalize(owner, file.close)
    return file


class Ranked(NamedTuple):
    """The terms that are frequent enough, the most frequent first, those of one frequency in the order they came in."""

    terms: Strings
    counts: Array  # int64
    rank: Array  # int32: for each number in the corpus its place among the terms, -1 for what is too rare


class Corpus:
    """Tokens of documents, collected as numbers into one list of terms: four bytes a token.

    Two corpora can be joined; what comes out is the corpus of all documents, those of the first before those of the other.

    Examples
    --------
    >>> corpus = Corpus()
    >>> corpus.add(Tokens([["to", "be"], ["or"]]))
    >>> corpus.add(Tokens([["to"]]))
    >>> corpus.tokens, corpus.documents, corpus.ranked(2)
    (4, 3, Ranked(terms=Strings(('to',)), counts=array([2]), rank=array([ 0, -1, -1], dtype=int32)))
    """

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._counts = np.zeros(0, np.int64)
        self._ids: list[Array] = []
        self._lengths: list[Array] = []
        self._disk: IO[bytes] | None = None
        self.tokens = 0
        self.documents = 0

    def add(self, tokens: Tokens) -> None:
        """Some more documents."""
        self._add(self._lexicon.add(tokens.spans)[tokens.ids], tokens.lengths)

    def _add(self, ids: Array, lengths: Array) -> None:
        counts = np.bincount(ids, minlength=len(self._lexicon))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self.tokens += len(ids)
        self.documents += len(lengths)
        self._lengths.append(lengths)
        if self._disk is None and 4 * self.tokens > HELD:
            self._disk = temporary(self)
            for held in self._ids:
                self._disk.write(held.data)
            self._ids = []
        if self._disk is None:
            self._ids.append(ids)
        else:
            self._disk.write(ids.data)

    @classmethod
    def joined(cls, one: Corpus, other: Corpus) -> Corpus:
        """The documents of both."""
        made = cls()
        for part in (one, other):
            numbers = made._lexicon.add(part.terms)
            ids, lengths = part.ids, part.lengths
            ends = np.cumsum(lengths)
            first = at = 0
            while first < len(lengths):
                last = max(first + 1, int(np.searchsorted(ends, at + _AT_A_TIME, "right")))
                end = int(ends[last - 1])
                made._add(numbers[ids[at:end]], lengths[first:last])
                first, at = last, end
        return made

    @property
    def terms(self) -> Strings:
        """All that occur, in the order in which they came."""
        return self._lexicon.strings

    @property
    def ids(self) -> Array:
        """For each token the number of its term, int32; on the disk where there are many."""
        if self._disk is not None:
            self._disk.flush()
            return np.memmap(self._disk, np.int32, "r", shape=(self.tokens,))
        if len(self._ids) != 1:
            self._ids = [np.concatenate(self._ids) if self._ids else np.zeros(0, np.int32)]
        return self._ids[0]

    @property
    def lengths(self) -> Array:
        """How many tokens each document has, int64."""
        if len(self._lengths) != 1:
            self._lengths = [np.concatenate(self._lengths) if self._lengths else np.zeros(0, np.int64)]
        return self._lengths[0]

    def ranked(self, min_count: int = 1) -> Ranked:
        """The terms that occur at least so often.

        Raises
        ------
        InputError
            If there is none.
        """
        order = np.argsort(-self._counts, kind="stable")
        kept = order[: int((self._counts >= min_count).sum())]
        if not kept.size:
            most = int(self._counts.max(initial=0))
            raise InputError(
                f"none of {len(self._counts)} words occurs {min_count} times in {self.documents} documents "
                f"(the most frequent: {most}); lower min_count or give more text"
            )
        rank = np.full(len(self._counts), -1, np.int32)
        rank[kept] = np.arange(len(kept), dtype=np.int32)
        return Ranked(self.terms.take(kept), self._counts[kept], rank)

    def pieces(self, tokens: int) -> list[tuple[int, int]]:
        """First and last document (exclusive) of pieces of at least so many tokens, but for the last."""
        ends = np.cumsum(self.lengths)
        cuts = [0]
        while cuts[-1] < len(ends):
            begun = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
            cuts.append(min(len(ends), int(np.searchsorted(ends, begun + tokens, "left")) + 1))
        return list(pairwise(cuts))

    def digest(self) -> str:
        """What tells this corpus from others: a hash of its terms and tokens."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self.terms.data, self.lengths):
            digest.update(np.ascontiguousarray(array).data)
        ids = self.ids
        for at in range(0, len(ids), _AT_A_TIME):
            digest.update(np.ascontiguousarray(ids[at : at + _AT_A_TIME]).data)
        return digest.hexdigest()
