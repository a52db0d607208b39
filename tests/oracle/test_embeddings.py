"""Word vectors against plain loops written from the formulas, and gradients against finite differences."""

import itertools
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit.text.embeddings import cbow, skipgram
from featkit.text.embeddings.adagrad import update_in_turn, weighting
from featkit.text.embeddings.contrast import gradients
from featkit.text.embeddings.cooccurrence import Cooccurrences
from featkit.text.embeddings.corpus import Corpus
from featkit.text.embeddings.huffman import huffman
from featkit.text.embeddings.sampling import DOMAIN, Noise, RandomWords, cumulative_table, keep_thresholds
from featkit.text.embeddings.scatter import CROWD, moved
from featkit.text.embeddings.softmax import Softmax, slopes
from featkit.text.embeddings.tiles import Side, descend, step, tiles_of
from featkit.text.embeddings.tree import Tree
from featkit.text.embeddings.windows import Reading, read

DOCUMENTS = [["the", "cat", "sat", "on", "the", "mat"], ["the", "dog", "sat", "on", "the", "cat"], [], ["a", "dog"]] * 9


def corpus_of(documents=DOCUMENTS):
    corpus = Corpus()
    corpus.add(featkit.Tokens(documents))
    return corpus


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope_of(function, at, step=1e-6):
    """The gradient of a function of an array, by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        kept = at[place]
        at[place] = kept + step
        above = function()
        at[place] = kept - step
        found[place] = (above - function()) / (2 * step)
        at[place] = kept
    return found


# --- gradients --------------------------------------------------------------------------------------------------------


def test_the_slopes_of_the_contrast_are_those_of_its_objective():
    rng = np.random.default_rng(0)
    inputs, outputs = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4))
    for_, against = rng.random((2, 3, 5)), rng.random((2, 3, 5))
    for_[:, :, 3:] = 0
    against[:, :, :2] = 0

    def objective():
        scores = np.einsum("nad,nbd->nab", inputs, outputs)
        return (for_ * np.log(sigmoid(scores)) + against * np.log(sigmoid(-scores))).sum()

    on_inputs, on_outputs = np.empty_like(inputs), np.empty_like(outputs)
    gradients(inputs, outputs, for_ + against, against[:, :, 2:], 2, on_inputs, on_outputs)
    np.testing.assert_allclose(on_inputs, slope_of(objective, inputs), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(on_outputs, slope_of(objective, outputs), rtol=1e-6, atol=1e-8)


def test_scores_beyond_the_range_of_exp_give_slopes_at_the_limit():
    inputs, outputs = np.array([[[1e4]]]), np.array([[[1.0], [-1.0]]])
    on_inputs, on_outputs = np.empty_like(inputs), np.empty_like(outputs)
    gradients(inputs, outputs, np.ones((1, 1, 2)), np.zeros((1, 1, 0)), 2, on_inputs, on_outputs)
    assert on_outputs.ravel().tolist() == [0.0, 1e4]  # told apart already, and as wrong as can be


def test_the_slopes_of_the_softmax_are_those_of_its_objective():
    rng = np.random.default_rng(1)
    inputs, outputs, counts = rng.standard_normal((2, 4)), rng.standard_normal((5, 4)), rng.integers(0, 3, (2, 5))

    def objective():
        scores = inputs @ outputs.T
        return (counts * (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))).sum()

    slope = slopes(inputs, outputs, counts.astype(float))
    np.testing.assert_allclose(slope @ outputs, slope_of(objective, inputs), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(slope.T @ inputs, slope_of(objective, outputs), rtol=1e-6, atol=1e-8)


def test_the_slopes_of_a_tile_are_those_of_half_the_weighted_squared_error():
    from scipy import sparse

    rng = np.random.default_rng(2)
    counts = rng.integers(0, 3, (70, 70)) * rng.random((70, 70)) * (rng.random((70, 70)) < np.linspace(1, 0.01, 70))
    words, contexts = rng.standard_normal((70, 5)) / 2, rng.standard_normal((70, 5)) / 2
    words[:, 4], contexts[:, 3] = 1, 1  # behind a vector of three lie a bias and a 1
    (tile,) = tiles_of(sparse.csr_array(counts), 1, 2.0, 0.75)
    assert tile.bands
    assert len(tile.rows)  # both kinds of product are there

    def error():
        there = counts > 0
        d = words @ contexts.T - np.log(np.where(there, counts, 1))
        return 0.5 * (np.where(there, np.minimum(counts / 2.0, 1) ** 0.75, 0) * d**2).sum()

    on_words, on_contexts = step(tile, words, contexts)
    np.testing.assert_allclose(on_words, slope_of(error, words), rtol=2e-6, atol=2e-6)  # tiles are float32
    np.testing.assert_allclose(on_contexts, slope_of(error, contexts), rtol=2e-6, atol=2e-6)


def test_adagrad_divides_by_the_root_of_all_squares():
    side = Side(np.zeros((2, 1, 3)), np.ones((2, 1, 3)), 2)
    for _ in range(2):
        descend(side, 1, np.array([[3.0, -4.0, 9.0]]), 0.5)
    assert side.vectors[0].tolist() == [[0.0, 0.0, 0.0]]
    moved_by = -0.5 * np.array([3 / 10**0.5 + 3 / 19**0.5, -4 / 17**0.5 - 4 / 33**0.5, 0])  # the column of ones stays
    np.testing.assert_allclose(side.vectors[1, 0], moved_by)


def test_the_programs_updates_one_after_the_other():
    """Those that have no word in common are done at a time; the result is that of a plain loop."""
    rng = np.random.default_rng(3)
    vectors, squares = rng.standard_normal((12, 4)), np.ones((12, 4))
    first, second, sums = rng.integers(0, 6, 80), rng.integers(0, 6, 80), 20 * rng.random(80) + 0.1
    plain, plain_squares = vectors.copy(), squares.copy()
    for i, j, x in zip(first, second, sums, strict=True):
        w, c = plain[i].copy(), plain[6 + j].copy()
        d = w[:3] @ c[:3] + w[3] + c[3] - math.log(x)
        f = min(1.0, (x / 10) ** 0.75) * d
        for row, steps in ((i, np.append(0.05 * f * c[:3], f)), (6 + j, np.append(0.05 * f * w[:3], f))):
            plain[row] -= steps / np.sqrt(plain_squares[row])
            plain_squares[row] += steps**2
    update_in_turn(vectors, squares, first, second, sums, 0.05, 10.0, 0.75)
    np.testing.assert_allclose(vectors, plain, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(squares, plain_squares, rtol=1e-13)


def test_constant_weights():
    assert weighting(np.array([0.5, 3.0]), None, 0.75).tolist() == [1, 1]


# --- whole steps ------------------------------------------------------------------------------------------------------


def plain_blocks(table, inputs, outputs, negatives, shared, reach):
    """The slopes of a batch of skip-gram blocks, pair by pair; ``reach``: of each word, to the left and to the right."""
    at, window = 0, (outputs.shape[1] - shared - inputs.shape[1]) // 2
    changes = []
    for block, row in zip(inputs, outputs, strict=True):
        for place, word in enumerate(block):
            left, right = reach[at]
            at += 1
            here = place + window
            near = [row[here + d] for d in range(-left, right + 1) if d]
            pairs = [(o, 1.0, 1.0) for o in near]
            pairs += [(o, 0.0, (left + right) * negatives / shared) for o in row[-shared:]]
            for output, label, weight in pairs:
                g = weight * (label - sigmoid(table[word] @ table[output]))
                changes += [(word, g * table[output], 0), (output, g * table[word], 0)]
    return changes


def test_a_batch_of_skipgram_blocks_is_what_its_pairs_add_up_to():
    rng = np.random.default_rng(4)
    words = rng.integers(0, 40, 50).astype(np.int32)
    reading = Reading(
        words, np.minimum(np.arange(50), 2).astype(np.int32), np.minimum(np.arange(50)[::-1], 1).astype(np.int32)
    )
    table = rng.standard_normal((80, 6)) / 3
    noise = Noise(cumulative_table(np.arange(60, 20, -1)))
    method = skipgram.NegativeBlocks(noise, 3, 5, 8, 4, 100)
    ((inputs, outputs, _),) = method.batches(reading, 40, RandomWords(5))
    # What a row is given, by how often it stands in the batch: many count as CROWD.
    times = np.bincount(np.concatenate([inputs.ravel(), outputs.ravel()]), minlength=80)
    expected = table.copy()
    reach = list(zip(reading.left, reading.right, strict=True)) + [(0, 0)] * (inputs.size - 50)
    for row, change, _ in plain_blocks(table, inputs, outputs, 5, 4, reach):
        expected[row] += 0.025 * change * min(1, CROWD / times[row])
    method.train(table, reading, RandomWords(5), (0.025, 0.025))
    assert times.max() > CROWD
    np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-9)


def test_a_batch_of_cbow_blocks_is_what_its_words_add_up_to():
    rng = np.random.default_rng(6)
    words = rng.integers(0, 30, 16).astype(np.int32)
    left, right = np.minimum(np.arange(16), 2), np.minimum(np.arange(16)[::-1], 3)
    reading = Reading(words, left.astype(np.int32), right.astype(np.int32))
    table = rng.standard_normal((60, 5)) / 3
    noise = Noise(cumulative_table(np.full(30, 7)))
    negatives = noise.draw(RandomWords(8).take(2 * 4)).reshape(2, 4)
    changes = []
    for at, word in enumerate(words):
        near = [words[at + d] for d in range(-left[at], right[at] + 1) if d]
        mean = table[near].mean(axis=0)
        on_mean = np.zeros(5)
        for output, label, weight in [(word, 1, 1.0)] + [(n, 0, 5 / 4) for n in negatives[at // 8]]:
            g = weight * (label - sigmoid(mean @ table[30 + output]))
            on_mean += g * table[30 + output]
            changes.append((30 + output, g * mean))
        changes += [(each, on_mean) for each in near]
    padded = np.concatenate([np.zeros(3, int), words, np.zeros(3, int)])
    index = np.concatenate([padded[0:14], padded[8:22], 30 + words, 30 + negatives.ravel()])
    times = np.bincount(index, minlength=60)
    expected = table.copy()
    for row, change in changes:
        expected[row] += 0.05 * change * min(1, CROWD / times[row])
    cbow.NegativeBlocks(noise, 3, 5, 8, 4, 100).train(table, reading, RandomWords(8), (0.05, 0.05))
    np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("mean", [False, True])
def test_a_step_in_the_tree_follows_the_codes(mean):
    rng = np.random.default_rng(7)
    counts = np.array([9, 7, 5, 4, 2, 1])
    codes = huffman(counts)
    words = np.int32([0, 5, 2])
    reading = Reading(words, np.int32([0, 1, 2]), np.int32([2, 1, 0]))
    table = rng.standard_normal((12, 4))
    changes = []
    for at, word in enumerate(words):
        near = [words[at + d] for d in range(-reading.left[at], reading.right[at] + 1) if d]
        groups = [near] if mean else [[each] for each in near]
        for group in groups:
            given = table[group].mean(axis=0)
            on_given = np.zeros(4)
            for depth in range(codes.lengths[word]):
                node = 6 + codes.points[word, depth]
                g = 1 - codes.codes[word, depth] - sigmoid(given @ table[node])
                on_given += g * table[node]
                changes.append((node, g * given))
            changes += [(each, on_given) for each in group]
    expected = table.copy()
    for row, change in changes:
        expected[row] += 0.1 * change
    Tree(codes, 2, mean, 100).train(table, reading, RandomWords(1), (0.1, 0.1))
    np.testing.assert_allclose(table[6:], expected[6:], rtol=1e-9)
    # The words beside the document's end stand in the batch as word 0, and some of its words more than CROWD times.
    near = [1, 5, 2]
    np.testing.assert_allclose(table[near], expected[near], rtol=1e-9)


@pytest.mark.parametrize("mean", [False, True])
def test_a_step_of_the_softmax(mean):
    rng = np.random.default_rng(8)
    words = np.int32([0, 3, 2])
    reading = Reading(words, np.int32([0, 1, 1]), np.int32([1, 1, 0]))
    table = rng.standard_normal((8, 3))
    inputs, outputs = table[:4].copy(), table[4:].copy()
    expected = table.copy()
    for at, word in enumerate(words):
        near = [words[at + d] for d in range(-reading.left[at], reading.right[at] + 1) if d]
        given = inputs[near].mean(axis=0) if mean else inputs[word]
        for target in [word] if mean else near:
            p = np.exp(outputs @ given)
            p /= p.sum()
            g = np.eye(4)[target] - p
            expected[4:] += 0.1 * np.outer(g, given)
            for each in near if mean else [word]:
                expected[each] += 0.1 * (g @ outputs)
    Softmax(2, mean).train(table, reading, RandomWords(1), (0.1, 0.1))
    np.testing.assert_allclose(table, expected, rtol=1e-9)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.integers(0, 99))
@settings(deadline=None)
def test_scattered_rows_are_added_as_in_a_loop(index, seed):
    rng = np.random.default_rng(seed)
    table, slopes_ = rng.standard_normal((7, 3)), rng.standard_normal((len(index), 3))
    index = np.int32(index)
    expected = table.copy()
    for row in np.unique(index):
        here = slopes_[index == row]
        expected[row] += 0.5 * here.mean(axis=0) * min(len(here), CROWD)
    moved(table, index, np.concatenate([table[index], slopes_]), 0.5)
    np.testing.assert_allclose(table, expected, rtol=1e-12, atol=1e-14)


# --- chance -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=300), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_noise_is_a_search_in_the_table(counts, seed):
    ends = cumulative_table(np.array(counts))
    assert ends[-1] == DOMAIN
    places = np.random.default_rng(seed).integers(0, DOMAIN, 200).astype(np.uint32)
    assert (Noise(ends).at(places) == np.searchsorted(ends, places)).all()


def test_what_is_drawn_has_the_frequencies_it_should():
    counts = np.array([1000, 100, 10, 1])
    drawn = np.bincount(Noise(cumulative_table(counts)).draw(RandomWords(3).take(100_000)), minlength=4)
    np.testing.assert_allclose(drawn / 1e5, counts**0.75 / (counts**0.75).sum(), atol=0.005)


def test_frequent_words_are_thinned_out():
    counts = np.array([90_000, 10_000])
    thresholds = keep_thresholds(counts, 0.01)
    ids = np.repeat(np.int32([0, 1]), counts)
    kept = read(ids, np.array([len(ids)]), thresholds, np.int32([0, 1]), 5, RandomWords(1)).words
    share = np.bincount(kept) / counts
    np.testing.assert_allclose(share, [math.sqrt(0.01 / 0.9) + 0.01 / 0.9, math.sqrt(0.1) + 0.1], rtol=0.05)
    assert (keep_thresholds(counts, 0.0) == 2**32 - 1).all()


def test_windows_stay_within_documents_and_are_as_wide_as_drawn():
    ids, lengths = np.arange(12, dtype=np.int32) % 5, np.array([7, 0, 1, 4])
    all_kept = np.full(5, 2**32 - 1, np.uint32)
    reading = read(ids, lengths, all_kept, np.int32([4, 3, 2, 1, 0]), 3, RandomWords(2))
    assert (reading.words == 4 - ids).all()
    begins, ends = np.repeat([0, 7, 7, 8], lengths), np.repeat([7, 7, 8, 12], lengths)
    place = np.arange(12)
    inside = np.minimum(place - begins, ends - 1 - place)
    assert (reading.left <= place - begins).all()
    assert (reading.right <= ends - 1 - place).all()
    assert (np.maximum(reading.left, reading.right) <= 3).all()
    assert (np.minimum(inside, 1) <= np.minimum(reading.left, reading.right)).all()
    # A word that is too rare isn't there, and those on its sides are neighbours.
    without = read(ids, lengths, all_kept, np.int32([0, 1, -1, 3, 4]), 3, RandomWords(2))
    assert without.words.tolist() == [0, 1, 3, 4, 0, 1, 3, 4, 0, 1]


def test_huffmans_code_is_a_prefix_code_and_the_shortest():
    counts = np.random.default_rng(1).integers(1, 1000, 60)
    lengths, points, codes = huffman(counts)
    words = ["".join(map(str, codes[word, :n])) for word, n in enumerate(lengths)]
    assert all(not other.startswith(one) for one, other in itertools.permutations(words, 2))
    assert sum(Fraction(1, 2 ** int(n)) for n in lengths) == 1
    heap = sorted(counts.tolist())
    cost = 0
    while len(heap) > 1:
        joined = heap.pop(0) + heap.pop(0)
        cost += joined
        heap = sorted([*heap, joined])
    assert (counts * lengths).sum() == cost
    # Words that share the way up to a point share its nodes.
    for one, other in itertools.combinations(range(8), 2):
        shared = next(at for at, (a, b) in enumerate(zip(words[one], words[other], strict=False)) if a != b)
        assert (points[one, : shared + 1] == points[other, : shared + 1]).all()
    with pytest.raises(featkit.ParameterError, match="at least two words"):
        huffman(np.array([3]))


# --- co-occurrence ----------------------------------------------------------------------------------------------------


def counted(documents, words, window, symmetric=True, by_distance=True):
    sums = {}
    for document in documents:
        for i, j in itertools.combinations(range(len(document)), 2):
            if j - i <= window:
                value = Fraction(1, j - i) if by_distance else Fraction(1)
                for pair in [(i, j), (j, i)] if symmetric else [(i, j)]:
                    key = document[pair[0]], document[pair[1]]
                    sums[key] = sums.get(key, 0) + value
    matrix = np.zeros((words, words))
    for key, value in sums.items():
        matrix[key] = float(value)
    return matrix


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=6),
    st.integers(1, 5), st.booleans(), st.booleans(), st.sampled_from([1, 7, 10**6]), st.integers(0, 6),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_cooccurrences_are_exact_however_they_are_cut(documents, window, symmetric, by_distance, held, cut):
    def count(part):
        pairs = Cooccurrences(7, window, symmetric, by_distance, held)
        pairs.add(np.int32(list(itertools.chain(*part))), np.array([len(document) for document in part], int))
        return pairs

    expected = counted(documents, 7, window, symmetric, by_distance)
    pairs = count(documents[:cut])
    pairs.merge(count(documents[cut:]))
    assert (pairs.matrix().toarray() == expected).all()


def test_many_words_are_counted_in_runs_on_the_disk(monkeypatch):
    from featkit.text.embeddings import cooccurrence

    monkeypatch.setattr(cooccurrence, "_SORTED", 400)
    monkeypatch.setattr(cooccurrence, "_PAIRS", 60)
    rng = np.random.default_rng(1)
    documents = [(40 * rng.random(30) ** 2).astype(int).tolist() for _ in range(20)]
    pairs = Cooccurrences(40, 4, held=50)
    pairs.add(np.int32(list(itertools.chain(*documents))), np.full(20, 30))
    assert len(pairs._disk) > 2
    assert (pairs.matrix().toarray() == counted(documents, 40, 4)).all()
    blocks = list(pairs.blocks(100))
    assert len(blocks) > 2
    first, second, sums = (np.concatenate(each) for each in zip(*blocks, strict=True))
    assert (np.diff(first * 40 + second) > 0).all()
    assert (first <= second).all()
    half = np.zeros((40, 40))
    half[first, second] = sums
    assert (half + half.T == counted(documents, 40, 4)).all()


@pytest.mark.parametrize("symmetric", [True, False])
def test_windows_too_wide_for_whole_numbers_are_summed_in_double_precision(symmetric):
    rng = np.random.default_rng(2)
    documents = [rng.integers(0, 9, size).tolist() for size in (80, 1, 45)]
    pairs = Cooccurrences(9, 40, symmetric)
    pairs.add(np.int32(list(itertools.chain(*documents))), np.array([80, 1, 45]))
    np.testing.assert_allclose(pairs.matrix().toarray(), counted(documents, 9, 40, symmetric), rtol=1e-13)


def test_counts_made_otherwise_do_not_merge():
    with pytest.raises(featkit.InputError, match="can't be added"):
        Cooccurrences(3, 2).merge(Cooccurrences(3, 4))
    with pytest.raises(featkit.InputError, match="numbers below 3"):
        Cooccurrences(3, 2).add(np.int32([3]), np.array([1]))


# --- learning ---------------------------------------------------------------------------------------------------------

LEARNERS = {
    "skip-gram": featkit.Word2Vec(dim=6, min_count=1, sample=0.0, epochs=3),
    "cbow": featkit.Word2Vec("cbow", dim=6, min_count=2, epochs=3),
    "tree": featkit.Word2Vec("cbow", "hierarchical", dim=6, min_count=1, epochs=3),
    "softmax": featkit.Word2Vec(objective="softmax", dim=6, min_count=1, epochs=3),
    "glove": featkit.GloVe(dim=6, min_count=1, epochs=3),
}


@pytest.fixture(params=LEARNERS.values(), ids=LEARNERS)
def learner(request):
    return request.param


@pytest.fixture
def small_pieces(monkeypatch):
    from featkit.text.embeddings import word2vec

    monkeypatch.setattr(word2vec, "_PIECE", 40)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(learner, small_pieces):
    one, other = (learner.fit([DOCUMENTS]).vectors.tobytes() for _ in range(2))
    assert one == other
    assert learner.with_(seed=2).fit([DOCUMENTS]).vectors.tobytes() != one


def test_blocks_do_not_matter(learner, small_pieces):
    whole = learner.fit([DOCUMENTS])
    assert learner.fit([DOCUMENTS[:5], [], DOCUMENTS[5:]]) == whole
    merged = learner.merge(learner.gather([DOCUMENTS[:5]]), learner.gather([DOCUMENTS[5:]]))
    assert learner.finish(merged) == whole


def test_a_training_that_is_broken_off_ends_with_the_same_bytes(learner, small_pieces, tmp_path):
    from featkit.files.checkpoint import load_checkpoint, write_checkpoint

    whole = learner.fit([DOCUMENTS])
    corpus = corpus_of()
    steps = len(list(learner.trainings(corpus)))
    assert steps >= 3
    for broken_after in range(1, steps):
        for training in itertools.islice(learner.trainings(corpus), broken_after):
            write_checkpoint(tmp_path / "x.ckpt", training)
        *_, last = learner.trainings(corpus_of(), load_checkpoint(tmp_path / "x.ckpt"))
        assert last.share == 1
        assert learner.vectors(corpus, last) == whole


def test_a_training_goes_on_with_what_it_was_begun_with(learner):
    corpus = corpus_of()
    training = next(learner.trainings(corpus))
    with pytest.raises(featkit.InputError, match="begun for"):
        next(learner.with_(seed=7).trainings(corpus, training))
    with pytest.raises(featkit.InputError, match="another corpus"):
        next(learner.trainings(corpus_of(DOCUMENTS[1:]), training))


def test_a_corpus_on_the_disk_is_the_same_corpus(monkeypatch, small_pieces):
    from featkit.text.embeddings import corpus as module

    held = corpus_of()
    monkeypatch.setattr(module, "HELD", 100)
    monkeypatch.setattr(module, "_AT_A_TIME", 16)
    mapped = Corpus()
    for at in range(0, len(DOCUMENTS), 3):
        mapped.add(featkit.Tokens(DOCUMENTS[at : at + 3]))
    assert isinstance(mapped.ids, np.memmap)
    assert (mapped.ids == held.ids).all()
    assert mapped.digest() == held.digest()
    joined = Corpus.joined(mapped, held)
    assert (joined.ids == np.tile(held.ids, 2)).all()
    learner = LEARNERS["skip-gram"]
    assert learner.finish(mapped) == learner.finish(held)


def test_words_that_are_too_rare_do_not_exist():
    words = featkit.Word2Vec(dim=3, min_count=18).fit([DOCUMENTS])
    assert dict(zip(words.terms, words.counts.tolist(), strict=True)) == {
        "the": 36,
        "cat": 18,
        "sat": 18,
        "on": 18,
        "dog": 18,
    }
    with pytest.raises(featkit.InputError, match="none of 7 words occurs 100 times"):
        featkit.Word2Vec(min_count=100).fit([DOCUMENTS])


def test_two_threads_learn_too(small_pieces):
    learner = LEARNERS["skip-gram"].with_(epochs=10)
    *_, last = learner.trainings(corpus_of(), workers=2)
    assert last.share == 1
    assert np.isfinite(last.tables[0]).all()


def test_words_in_the_same_company_come_near_each_other():
    rng = np.random.default_rng(5)
    groups = [["red", "green", "blue", "paint"], ["one", "two", "three", "count"]]
    documents = [[groups[g][w] for w in rng.integers(0, 4, 8)] for g in rng.integers(0, 2, 400)]
    for model in (
        featkit.Word2Vec(dim=10, sample=0.0, epochs=20),
        featkit.Word2Vec("cbow", dim=10, sample=0.0, epochs=40),
        featkit.Word2Vec("skipgram", "hierarchical", dim=10, sample=0.0, epochs=20),
        featkit.Word2Vec("cbow", "softmax", dim=10, sample=0.0, epochs=20),
    ):
        words = model.fit([documents])
        assert {word for word, _ in words.most_similar("red", 3)} == {"green", "blue", "paint"}, model
        assert words.doesnt_match(["one", "two", "red", "three"]) == "red"


def test_glove_fits_the_logarithms_of_counts():
    rng = np.random.default_rng(6)
    documents = [[str(w) for w in (30 * rng.random(20) ** 2).astype(int)] for _ in range(100)]
    learner = featkit.GloVe(dim=20, window=3, min_count=1, x_max=None, epochs=200)
    corpus = corpus_of(documents)
    matrix = learner.cooccurrences(corpus)
    errors = []
    for training in learner.trainings_on(matrix):
        words, contexts = training.tables[0][0], training.tables[2][0]
        there = matrix.toarray() > 0
        d = (words @ contexts.T)[: len(there), : len(there)] - np.log(np.where(there, matrix.toarray(), 1))
        errors.append((d[there] ** 2).mean())
    assert errors[-1] < 0.05 * errors[0]


# --- using them -------------------------------------------------------------------------------------------------------


def vectors(rng, words=30, dim=4, dtype=np.float64):
    return featkit.WordVectors(
        featkit.Strings([f"w{n}" for n in range(words)]),
        rng.standard_normal((words, dim)).astype(dtype),
        np.arange(words, 0, -1),
    )


def test_most_similar_by_plain_loops():
    words = vectors(np.random.default_rng(1))
    unit = words.vectors / np.linalg.norm(words.vectors, axis=1, keepdims=True)
    asked = (unit[3] + unit[5] - unit[7]) / 3
    cosines = unit @ asked / np.linalg.norm(asked)
    expected = [at for at in np.argsort(-cosines) if at not in (3, 5, 7)][:6]
    found = words.most_similar(["w3", "w5"], 6, "w7")
    assert [word for word, _ in found] == [f"w{at}" for at in expected]
    np.testing.assert_allclose([score for _, score in found], cosines[expected], rtol=1e-12)
    assert words.analogy("w7", "w3", "w5") == found[:1]
    near = words.most_similar("w1", 100, among=10)
    assert {word for word, _ in near} == {f"w{n}" for n in range(10) if n != 1}
    assert words.similarity("w1", "w2") == pytest.approx(unit[1] @ unit[2])


def test_many_questions_are_answered_in_parts(monkeypatch):
    from featkit.text.embeddings import vectors as module

    words = vectors(np.random.default_rng(2))
    rows = np.random.default_rng(3).integers(0, 30, (25, 3))
    whole = words.nearest_rows(rows, np.array([1, 1, -1.0]), 4)
    monkeypatch.setattr(module, "_SCORES", 90)
    parts = words.nearest_rows(rows, np.array([1, 1, -1.0]), 4)
    assert (whole[0] == parts[0]).all()
    np.testing.assert_allclose(whole[1], parts[1], rtol=1e-12)


@pytest.mark.parametrize("unknown", ["skip", "zero", "mean"])
def test_document_vectors_by_plain_loops(unknown):
    words = vectors(np.random.default_rng(4)).with_(unknown=unknown)
    documents = [["w1", "w2", "w2", "new"], [], ["new"], ["w4"]]
    weights = np.random.default_rng(5).random(31) + 0.1
    common = np.array([[0.5, 0.5, 0.5, 0.5]])

    def plain(document, by, common):
        total, weight, number = np.zeros(4), 0.0, 0
        for word in document:
            at = int(word[1:]) if word != "new" else -1
            if at < 0 and unknown == "skip":
                continue
            v = words.vectors[at] if at >= 0 else words.vectors.mean(axis=0) * (unknown == "mean")
            total, weight, number = total + weights[at] * v, weight + weights[at], number + 1
        made = total / ((weight if by == "weights" else number) or 1)
        for u in common:
            made = made - (made @ u) * u
        return made

    for by, taken in itertools.product(("weights", "words"), (None, common)):
        stage = featkit.WeightedVectors(words, weights, taken, by)
        expected = [plain(document, by, () if taken is None else taken) for document in documents]
        np.testing.assert_allclose(stage(documents), expected, rtol=1e-12, atol=1e-15)


def test_tf_idf_weights_are_scikit_learns():
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = vectors(np.random.default_rng(6))
    documents = [["w1", "w2", "w2"], ["w2", "w3", "new"], ["w1"]]
    fitted = featkit.TfIdfVectors(words).fit([documents[:1], documents[1:]])
    theirs = TfidfVectorizer(analyzer=list, vocabulary=list(words.terms), norm="l1").fit(documents)
    np.testing.assert_allclose(fitted.weights[:-1], theirs.idf_)
    np.testing.assert_allclose(fitted(documents), theirs.transform(documents) @ words.vectors, rtol=1e-12)


def test_sif_takes_out_the_first_singular_direction():
    words = vectors(np.random.default_rng(7))
    rng = np.random.default_rng(8)
    documents = [[f"w{n}" for n in rng.integers(0, 30, rng.integers(1, 9))] for _ in range(40)]
    fitted = featkit.SifVectors(words, 0.01, 2).fit([documents[:10], documents[10:]])
    p = words.counts / words.counts.sum()
    plain = np.array(
        [sum(0.01 / (0.01 + p[int(w[1:])]) * words.vectors[int(w[1:])] for w in d) / len(d) for d in documents]
    )
    directions = np.linalg.svd(plain)[2][:2]
    np.testing.assert_allclose(fitted(documents), plain - plain @ directions.T @ directions, atol=1e-12)


def test_vectors_say_what_they_do_not_know():
    words = featkit.WordVectors(featkit.Strings(["king", "queen"]), np.eye(2))
    with pytest.raises(featkit.InputError, match="'kign' has no vector; did you mean 'king'"):
        words.vector("kign")
    for ask in (words.most_similar, words.doesnt_match):
        with pytest.raises(featkit.InputError, match="at least one"):
            ask([])
    assert "king" in words
    assert "kign" not in words
    with pytest.raises(featkit.ParameterError, match="counts"):
        featkit.SifVectors(words)


def test_mapped_vectors_stay_on_the_disk(tmp_path):
    words = vectors(np.random.default_rng(9), dtype=np.float32)
    featkit.write_vectors(tmp_path / "x.npy", words)
    again = featkit.load_vectors(tmp_path / "x.npy")
    assert again == words
    assert isinstance(again.vectors, np.memmap)
    assert pickle.loads(pickle.dumps(again)) == words
