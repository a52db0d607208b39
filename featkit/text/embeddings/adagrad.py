"""GloVe's own updates, one pair of words after the other, as the original program makes them."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, products_of_rows


def weighting(sums: Array, x_max: float | None, alpha: float) -> Array:
    """How much each sum counts: (x / x_max)**alpha, and 1 from x_max on; 1 everywhere where x_max is None.

    >>> weighting(np.array([1.0, 16.0, 99.0]), 16.0, 0.75)
    array([0.125, 1.   , 1.   ])
    """
    return np.ones_like(sums) if x_max is None else np.minimum(sums / x_max, 1.0) ** alpha


def update_in_turn(
    vectors: Array,
    squares: Array,
    first: Array,
    second: Array,
    sums: Array,
    rate: float = 0.05,
    x_max: float | None = 100.0,
    alpha: float = 0.75,
    clip: float = 100.0,
) -> None:
    """One step of AdaGrad for each pair of words, in their order, in place.

    With d = w . c + b_w + b_c - log x and weight f, the step of w is g / sqrt(squares) for g = rate f d c, cut at rate * clip;
    that of a bias has g = f d, without the rate, as the program has it. The squares grow by g**2 after the step.

    Pairs that follow each other and have no word in common don't see each other, so they are done at a time: the result is
    that of one after the other.

    Parameters
    ----------
    vectors, squares : ndarray, shape (2 words, dim + 1)
        Vectors and biases of words, then those of contexts; and the sums of squared steps, which begin with 1.
    first, second : ndarray of int
        Words and their contexts, numbered from 0.
    sums : ndarray
    rate : float
    x_max : float or None
    alpha : float
    clip : float

    Examples
    --------
    >>> vectors, squares = np.full((4, 2), 0.5), np.ones((4, 2))
    >>> update_in_turn(vectors, squares, np.array([0]), np.array([1]), np.array([1.0]), x_max=1.0)
    >>> vectors[0], vectors[3], squares[0]
    (array([ 0.46875, -0.75   ]), array([ 0.46875, -0.75   ]), array([1.00097656, 2.5625    ]))
    """
    context = second + len(vectors) // 2
    weights, logs = weighting(sums, x_max, alpha), np.log(sums)
    for at, upto in _apart(first, second):
        one, other = first[at:upto], context[at:upto]
        w, c = vectors[one], vectors[other]
        slope = products_of_rows(w[:, :-1], c[:, :-1]) + w[:, -1] + c[:, -1] - logs[at:upto]
        slope *= weights[at:upto]
        for index, mine, theirs in ((one, w, c), (other, c, w)):
            step = np.empty_like(mine)
            step[:, :-1] = np.clip(slope[:, None] * theirs[:, :-1], -clip, clip) * rate
            step[:, -1] = slope
            vectors[index] = mine - step / np.sqrt(squares[index])
            squares[index] += step * step


def _apart(first: Array, second: Array) -> list[tuple[int, int]]:
    """Cut pairs into runs in which no first and no second word comes twice."""
    cuts, begin, seen_first, seen_second = [], 0, set[int](), set[int]()
    for at, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if one in seen_first or other in seen_second:
            cuts.append((begin, at))
            begin, seen_first, seen_second = at, set(), set()
        seen_first.add(one)
        seen_second.add(other)
    return [*cuts, (begin, len(first))] if len(first) else []
