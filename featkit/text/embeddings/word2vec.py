"""Word2vec: vectors from which the words around a word can be told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol

import numpy as np

from featkit.draws import key_of
from featkit.errors import ParameterError
from featkit.memory import keep_freed_memory
from featkit.numeric import Array
from featkit.stage import RowShape
from featkit.text.embeddings import cbow, skipgram
from featkit.text.embeddings.corpus import Corpus, Ranked
from featkit.text.embeddings.huffman import huffman
from featkit.text.embeddings.sampling import Noise, RandomWords, cumulative_table, keep_thresholds, uniforms
from featkit.text.embeddings.scatter import CROWD
from featkit.text.embeddings.softmax import Softmax
from featkit.text.embeddings.training import Training, WordLearner
from featkit.text.embeddings.tree import Tree
from featkit.text.embeddings.vectors import WordVectors
from featkit.text.embeddings.windows import Reading, read

#: Tokens that are read at a time: what is saved and shown moves on by so many.
_PIECE = 200_000
#: The most blocks that are trained on at a time.
_BLOCKS = 64
#: So many pieces each worker has before all wait for each other.
_ROUND = 8


class _Method(Protocol):
    def train(self, table: Array, reading: Reading, random: RandomWords, rates: tuple[float, float]) -> None: ...


class Word2Vec(WordLearner):
    """Learn a vector for each word such that it tells, by dot products, which words stand around it.

    Parameters
    ----------
    model : str
        ``"skipgram"``: each word predicts the words around it; ``"cbow"``: their mean predicts the word.
    objective : str
        Against what a word is told from others: ``"negative"``, some words drawn at random; ``"hierarchical"``, the turns to it
        in a Huffman tree; ``"softmax"``, all words, which takes time in proportion to the vocabulary.
    dim : int
        Values in a vector.
    window : int
        The farthest word that counts as around; for each word a nearer limit is drawn, from 1 on.
    negatives : int
        Words drawn for each pair, with probability in proportion to count ** exponent.
    exponent : float
    sample : float
        Words that make up more than this share of the corpus are thinned out; 0: none; from 1 on: a count, not a share.
    min_count : int
        Rarer words do not exist.
    epochs : int
        How often the corpus is gone through.
    rate, last_rate : float
        The learning rate falls from the first to the second in proportion to the tokens read.
    seed : int

    Notes
    -----
    Shape: a list of tokens for each document -> a vector for each document, the mean of its words', once fitted; for the
    vectors of words see :class:`WordVectors`. No window reaches over the end of a document.

    The statistics are the corpus itself, as numbers of four bytes a token (on the disk where it is large), since training
    goes through it several times. So merging two of them gives exactly what both corpora together give; it doesn't spread
    the training over machines, which :meth:`finish` does. Random numbers follow from the seed, the epoch and the place in the
    corpus alone: the same seed gives the same bytes on one thread of the same machine.

    Negatives are shared by blocks of neighbouring words, so that training is a product of matrices; each counts as many times
    as it stands in for.

    Raises
    ------
    ParameterError
        If a number is out of its range.
    InputError
        If no word is frequent enough.

    Examples
    --------
    >>> documents = [["the", "cat", "sat"], ["the", "dog", "sat"]] * 20
    >>> words = Word2Vec(dim=8, min_count=1, sample=0.0, epochs=20).fit([documents])
    >>> words.terms, words.vectors.shape, words.most_similar("cat", 1)[0][0]
    (Strings(('the', 'sat', 'cat', 'dog')), (4, 8), 'dog')
    """

    name = "word2vec"
    formula = "maximises sum over pairs of log sigma(v_w . u_c) + sum over negatives n of log sigma(-v_w . u_n)"
    source = "Mikolov, Sutskever, Chen, Corrado & Dean, Distributed representations of words and phrases, 2013"

    model: Literal["skipgram", "cbow"] = "skipgram"
    objective: Literal["negative", "hierarchical", "softmax"] = "negative"
    dim: int = 100
    window: int = 5
    negatives: int = 5
    exponent: float = 0.75
    sample: float = 1e-3
    min_count: int = 5
    epochs: int = 5
    rate: float = 0.025
    last_rate: float = 1e-4
    seed: int = 1

    def check(self) -> None:
        self.at_least(1, "dim", "window", "negatives", "min_count", "epochs")
        self.at_least(0, "sample", "last_rate")
        self.above(0, "rate")
        if self.last_rate > self.rate:
            raise ParameterError(f"Word2Vec.last_rate must be at most rate={self.rate}, got {self.last_rate}")
        if not np.isfinite(self.exponent):
            raise ParameterError(f"Word2Vec.exponent must be finite, got {self.exponent!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.dim,)

    def vectors(self, corpus: Corpus, training: Training) -> WordVectors:
        """What a training has come to."""
        ranked = corpus.ranked(self.min_count)
        return WordVectors(ranked.terms, training.tables[0][: len(ranked.terms)], ranked.counts)

    def trainings(self, corpus: Corpus, training: Training | None = None, workers: int = 1) -> Iterator[Training]:
        """Train piece by piece: each step yields how far it has come, from which it can go on later.

        Parameters
        ----------
        corpus : Corpus
        training : Training, optional
            Go on from there, to the same bytes as without a break.
        workers : int
            Threads that change the same vectors, none waiting for the others: faster, and not the same bytes every time.

        Raises
        ------
        InputError
            If the training is one of another learner or corpus.
        """
        keep_freed_memory()
        ranked = corpus.ranked(self.min_count)
        pieces = corpus.pieces(_PIECE)
        if training is None:
            training = Training(
                repr(self), corpus.digest(), (self._begin(len(ranked.terms)),), 0, self.epochs * len(pieces)
            )
        else:
            training.matches(repr(self), corpus.digest())
        (table,) = training.tables
        task = _Task(self, corpus, ranked, pieces)
        if workers == 1:
            for at in range(training.done, training.of):
                task.train(table, at)
                yield training._replace(done=at + 1)
        else:
            with ThreadPoolExecutor(workers) as pool:
                for at in range(training.done, training.of, _ROUND * workers):
                    upto = min(training.of, at + _ROUND * workers)
                    list(pool.map(lambda place: task.train(table, place), range(at, upto)))
                    yield training._replace(done=upto)
        if training.done == training.of:
            yield training

    def _begin(self, terms: int) -> Array:
        """Inputs within half a unit over dim around 0, then outputs of 0."""
        table = np.zeros((2 * terms, self.dim), np.float32)
        drawn = uniforms(key_of(self.seed, "word2vec", "begin"), terms * self.dim)
        table[:terms] = drawn.reshape(terms, self.dim) - np.float32(0.5)
        table[:terms] /= np.float32(self.dim)
        return table

    def _method(self, counts: Array, thresholds: Array) -> _Method:
        kept = counts * (thresholds / 2**32)
        most = kept.max() / kept.sum()  # the share of the most frequent word
        words = int(min(16 * _BLOCKS, max(1, 2 * CROWD / most)))
        mean = self.model == "cbow"
        if self.objective == "softmax":
            return Softmax(self.window, mean)
        if self.objective == "hierarchical":
            return Tree(huffman(counts), self.window, mean, min(words, 256))
        noise = Noise(cumulative_table(counts, self.exponent))
        blocks = max(1, words // 16)
        if mean:
            return cbow.NegativeBlocks(noise, self.window, self.negatives, 16, 32, blocks)
        return skipgram.NegativeBlocks(noise, self.window, self.negatives, 16, 16, blocks)


class _Task:
    """A training: pieces of a corpus, each of which can be trained on by itself."""

    def __init__(self, learner: Word2Vec, corpus: Corpus, ranked: Ranked, pieces: list[tuple[int, int]]) -> None:
        self.learner, self.ids, self.lengths, self.pieces = learner, corpus.ids, corpus.lengths, pieces
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self.rank = ranked.rank
        of_terms = keep_thresholds(ranked.counts, learner.sample)
        self.thresholds = np.where(self.rank >= 0, of_terms[self.rank], 0).astype(np.uint32)
        self.method = learner._method(ranked.counts, of_terms)

    def train(self, table: Array, at: int) -> None:
        """Train on a piece of an epoch; what is drawn follows from which it is."""
        learner = self.learner
        epoch, piece = divmod(at, len(self.pieces))
        first, last = self.pieces[piece]
        begin, end = int(self.starts[first]), int(self.starts[last])
        random = RandomWords(key_of(learner.seed, "word2vec", epoch, piece))
        reading = read(
            self.ids[begin:end], self.lengths[first:last], self.thresholds, self.rank, learner.window, random
        )
        if not len(reading.words):
            return
        seen, whole = epoch * len(self.ids), max(1, learner.epochs * len(self.ids))
        fall = learner.last_rate - learner.rate
        rates = learner.rate + fall * (seen + begin) / whole, learner.rate + fall * (seen + end) / whole
        self.method.train(table, reading, random, rates)
