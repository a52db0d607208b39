"""Huffman's code of a vocabulary: the more frequent a word, the fewer questions lead to it."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array


class Codes(NamedTuple):
    """For each word the way from the root of the tree to its leaf."""

    lengths: Array  # int32, shape (words,)
    points: Array  # int32, shape (words, longest): inner nodes on the way, numbered from 0; 0 behind the end
    codes: Array  # uint8, shape (words, longest): which of the two branches is taken there


class _Node(NamedTuple):
    weight: int
    number: int

    def __lt__(self, other: tuple[int, ...]) -> bool:
        return self.weight < other[0]


def huffman(counts: Array) -> Codes:
    """The binary code with the fewest digits on average for words that occur so often.

    The two rarest are joined again and again; the inner node that is made n-th has number n, and the rarer of the two joined
    there is branch 0. Which of equally frequent ones come first is left to the heap, which compares frequencies only: so do
    gensim's codes come out.

    Raises
    ------
    ParameterError
        If there are fewer than two words.

    Examples
    --------
    >>> lengths, points, codes = huffman(np.array([5, 2, 1]))
    >>> [(points[word, :n].tolist(), codes[word, :n].tolist()) for word, n in enumerate(lengths)]
    [([1], [1]), ([1, 0], [0, 1]), ([1, 0], [0, 0])]
    """
    words = len(counts)
    if words < 2:
        raise ParameterError(f"hierarchical softmax needs at least two words, got {words}; give more text")
    heap = [_Node(count, node) for node, count in enumerate(counts.tolist())]
    heapq.heapify(heap)
    parent = np.zeros(2 * words - 1, np.int64)
    branch = np.zeros(2 * words - 1, np.uint8)
    for node in range(words, 2 * words - 1):
        rarer, second = heapq.heappop(heap), heapq.heappop(heap)
        parent[rarer.number] = parent[second.number] = node
        branch[second.number] = 1
        heapq.heappush(heap, _Node(rarer.weight + second.weight, node))
    return _ways(parent, branch, words)


def _ways(parent: Array, branch: Array, words: int) -> Codes:
    """All ways at once, from the leaves to the root, then turned round."""
    root = 2 * words - 2
    nodes, points, codes = np.arange(words), [], []
    lengths = np.zeros(words, np.int32)
    while (going := nodes != root).any():
        codes.append(np.where(going, branch[nodes], 0))
        nodes = np.where(going, parent[nodes], nodes)
        points.append(np.where(going, nodes - words, 0))
        lengths += going
    longest = np.arange(len(points))
    turned = lengths[:, None] - 1 - longest  # the last step up is the first step down
    inside = turned >= 0
    turned = np.maximum(turned, 0)
    return Codes(
        lengths,
        np.where(inside, np.take_along_axis(np.stack(points, 1), turned, 1), 0).astype(np.int32),
        np.where(inside, np.take_along_axis(np.stack(codes, 1), turned, 1), 0).astype(np.uint8),
    )
