"""Classifiers and their measures against scikit-learn, and against loops."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from sklearn import metrics as peer
from sklearn.linear_model import LogisticRegression

import featkit
from featkit.files.model import load_model, save_model
from featkit.fusion import metrics
from featkit.fusion.classifier import SoftmaxLoss
from featkit.fusion.multilabel import best_thresholds


def problem(n, features, classes, seed=0):
    """Rows of different scale that depend on each other, and labels that aren't certain."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((n, features)) @ rng.standard_normal((features, features)) / features**0.5
    rows = mixed * np.geomspace(0.3, 3, features) + 1
    scores = mixed[:, :classes] * 2 + rng.gumbel(size=(n, classes))
    return rows, scores.argmax(axis=1)


def loss_of(weight, bias, rows, labels, l2, weights=None):
    """The penalised loss, term by term."""
    weights = np.ones(len(labels)) if weights is None else weights
    scores = rows @ weight.T + bias
    if weight.shape[0] == 1:
        wrong = np.where(labels == 1, -scores[:, 0], scores[:, 0])
        losses = np.logaddexp(0, wrong)
    else:
        losses = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(labels)), labels]
    return (weights * losses).sum() + 0.5 * l2 * (weight**2).sum()


@pytest.mark.parametrize("balanced", [False, True], ids=["equal", "balanced"])
@pytest.mark.parametrize(
    ("n", "features", "classes", "l2"),
    [(300, 20, 3, 1.0), (300, 20, 2, 0.5), (200, 400, 4, 1.0), (60, 90, 2, 0.1), (500, 30, 10, 0.01)],
)
def test_the_optimum_is_scikit_learns(n, features, classes, l2, balanced):
    rows, labels = problem(n, features, classes)
    fitted = featkit.SoftmaxClassifier(l2, "balanced" if balanced else "equal").fit([rows], [labels])
    theirs = LogisticRegression(
        C=1 / l2, tol=1e-10, max_iter=100_000, class_weight="balanced" if balanced else None
    ).fit(rows, labels)
    weight, bias = fitted[0].weight, fitted[0].bias
    if classes == 2:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    np.testing.assert_allclose(weight, theirs.coef_, rtol=0, atol=1e-3)
    counts = np.bincount(labels)
    weights = (n / (classes * counts))[labels] if balanced else None
    ours, peers = (
        loss_of(w, b, rows, labels, l2, weights) for w, b in ((weight, bias), (theirs.coef_, theirs.intercept_))
    )
    assert ours <= peers * (1 + 1e-6)
    np.testing.assert_allclose(fitted(rows), theirs.predict_proba(rows), atol=1e-3)
    assert list(fitted[-1].names) == theirs.classes_.tolist()


def test_sparse_rows_have_the_same_optimum():
    rows, labels = problem(150, 40, 3)
    rows = np.where(np.abs(rows) > 1, rows, 0)
    for wide in (rows, np.tile(rows, 5)):
        dense, thin = (
            featkit.SoftmaxClassifier(0.3).fit([given], [labels]) for given in (wide, sparse.csr_array(wide))
        )
        np.testing.assert_allclose(thin[0].weight, dense[0].weight, atol=2e-3)
        np.testing.assert_allclose(thin(sparse.csr_array(wide)), dense(wide), atol=1e-3)


def test_single_precision_rows_are_learned_from_in_double():
    rows, labels = problem(150, 10, 3)
    narrow = rows.astype(np.float32)
    one, other = (featkit.SoftmaxClassifier().fit([given], [labels]) for given in (narrow, narrow.astype(np.float64)))
    np.testing.assert_allclose(one[0].weight, other[0].weight, atol=1e-3)
    assert one(narrow).dtype == np.float32


def test_the_gradient_is_that_of_the_loss(rng):
    """By differences."""
    scores, loss = rng.standard_normal((5, 3)), SoftmaxLoss(np.array([0, 2, 1, 1, 0]), np.arange(1.0, 6.0))
    gradient = loss.value(scores.copy(), slice(0, 5))[1]
    for i, k in itertools.product(range(5), range(3)):
        ends = [loss.value(scores + step * np.eye(5)[:, [i]] * np.eye(3)[k], slice(0, 5))[0] for step in (1e-6, -1e-6)]
        assert gradient[i, k] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_the_distance_to_the_optimum_is_what_is_promised():
    rows, labels = problem(200, 30, 4)
    exact = featkit.SoftmaxClassifier(0.5, tolerance=1e-7).fit([rows], [labels])[0].weight
    for tolerance in (1.0, 1e-1, 1e-2):
        near = featkit.SoftmaxClassifier(0.5, tolerance=tolerance).fit([rows], [labels])[0].weight
        assert np.sqrt(((near - exact) ** 2).sum()) <= tolerance


def test_too_few_steps_are_said():
    rows, labels = problem(200, 30, 4)
    with pytest.warns(RuntimeWarning, match="stopped after 3 steps"):
        featkit.SoftmaxClassifier(1e-3, iterations=3).fit([rows], [labels])


def test_labels_of_any_kind_come_back(rng):
    rows = np.repeat(np.eye(3), 5, axis=0)
    for names in (["b", "a", "c"], [7, -1, 3], ["x", 2, "10"]):
        labels = [name for name in names for _ in range(5)]
        fitted = featkit.SoftmaxClassifier(0.1).fit([rows], [labels])
        assert fitted[-1].decide(fitted(rows)) == labels


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (np.zeros((2, 3)), ["a", "a"], "all 2 rows have the label 'a'"),
        (np.zeros((2, 3)), ["a"], "an item has 2 rows and 1 labels"),
        (np.zeros((0, 3)), [], "has seen no row"),
        (np.zeros((2, 3)), [0.5, 1.5], "a label is a text or an integer, got 0.5"),
    ],
)
def test_what_cannot_be_learned_from(rows, labels, message):
    with pytest.raises(featkit.InputError, match=message):
        featkit.SoftmaxClassifier().fit([rows], [labels])


def test_labels_are_needed():
    with pytest.raises(featkit.ParameterError, match=r"learns from labels; call fit\(items, labels\)"):
        (featkit.Cmvn() | featkit.SoftmaxClassifier()).fit([np.zeros((2, 3))])
    with pytest.raises(featkit.InputError, match="labels for more items than there are"):
        featkit.SoftmaxClassifier().fit([np.zeros((2, 3))], [["a", "b"], ["a", "b"]])


# --- many labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("balanced", [False, True], ids=["equal", "balanced"])
def test_every_label_has_the_optimum_of_scikit_learn(balanced, rng):
    rows, _ = problem(300, 15, 3)
    marks = rows[:, :4] + rng.standard_normal((300, 4)) > np.array([0.5, 1.0, 1.5, 2.5])
    labels = [[f"l{k}" for k in np.flatnonzero(row)] for row in marks]
    kind = "balanced" if balanced else "equal"
    fitted = featkit.MultiLabelClassifier(0.7, kind, held_out=0).fit([rows], [labels])
    for k in range(4):
        theirs = LogisticRegression(
            C=1 / 0.7, tol=1e-10, max_iter=10_000, class_weight="balanced" if balanced else None
        )
        theirs.fit(rows, marks[:, k])
        np.testing.assert_allclose(fitted[0].weight[k], theirs.coef_[0], atol=1e-3)
    assert fitted[-1].thresholds is None


def test_thresholds_are_the_best_there_are(rng):
    for _ in range(30):
        probability = np.round(rng.random(12), 1)
        has = rng.random(12) < 0.4
        if not has.any():
            continue
        (threshold,) = best_thresholds(probability[:, None], has[:, None])
        candidates = np.arange(0, 1.1, 0.05)
        scores = [peer.f1_score(has, probability >= at, zero_division=0) for at in candidates]
        assert peer.f1_score(has, probability >= threshold) == pytest.approx(max(scores))


def test_thresholds_that_are_fitted_help_a_rare_label():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2000, 5))
    has = rows[:, 0] + 0.7 * rng.standard_normal(2000) > 2.2
    labels = [["rare"] * bool(h) + ["always"] for h in has]
    seen, given = slice(1000, None), slice(0, 1000)
    plain, chosen = (
        featkit.MultiLabelClassifier(held_out=share, seed=1).fit([rows[given]], [labels[given]]) for share in (0.0, 0.3)
    )
    assert chosen[-1].thresholds[1] < 0.5
    f1 = [
        metrics.macro_f1_of_marks(model[-1].indicators(labels[seen]), model[-1].marks(model(rows[seen])))
        for model in (plain, chosen)
    ]
    assert f1[1] > f1[0]


# --- prediction: the same bits everywhere -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_gets_the_same_bits_whatever_stands_beside_it(dtype):
    rows, labels = problem(130, 50, 5)
    fitted = (featkit.Cmvn() | featkit.SoftmaxClassifier()).fit([rows], [labels])
    whole = fitted(rows.astype(dtype))
    for at in range(0, 130, 17):
        assert fitted(rows[at : at + 1].astype(dtype)).tobytes() == whole[at : at + 1].tobytes()
        assert fitted(rows[at : at + 7].astype(dtype)).tobytes() == whole[at : at + 7].tobytes()


_FRESH = """
import sys, numpy as np, featkit
from featkit.files.model import load_model
stage = load_model(sys.argv[1], featkit.parse).stages["all"]
np.save(sys.argv[3], stage(np.load(sys.argv[2])))
assert "sklearn" not in sys.modules
"""


def test_a_model_from_a_file_gives_the_same_bits_in_another_process(tmp_path):
    rows, labels = problem(130, 50, 5)
    stage = (featkit.Cmvn() | featkit.SoftmaxClassifier()).fit([rows], [labels])
    save_model(tmp_path / "m.npz", {"all": stage}, {"made": "here"})
    again = load_model(tmp_path / "m.npz", featkit.parse)
    assert again.stages["all"] == stage
    assert again.facts == {"made": "here"}
    np.save(tmp_path / "rows.npy", rows)
    command = [sys.executable, "-c", _FRESH, tmp_path / "m.npz", tmp_path / "rows.npy", tmp_path / "out.npy"]
    subprocess.run(command, check=True)
    assert np.load(tmp_path / "out.npy").tobytes() == stage(rows).tobytes()


def test_learning_twice_gives_the_same_bits():
    rows, labels = problem(100, 150, 4)
    one, other = (featkit.SoftmaxClassifier().fit([rows], [labels]) for _ in range(2))
    assert one == other


# --- measures ---------------------------------------------------------------------------------------------------------


def test_measures_of_one_label_are_scikit_learns(rng):
    true, guessed = rng.integers(0, 5, 200).tolist(), rng.integers(1, 6, 200).tolist()
    assert metrics.accuracy(true, guessed) == pytest.approx(peer.accuracy_score(true, guessed))
    assert metrics.macro_f1(true, guessed) == pytest.approx(peer.f1_score(true, guessed, average="macro"))
    names, counts = metrics.confusion(true, guessed)
    assert names == (0, 1, 2, 3, 4, 5)
    np.testing.assert_array_equal(counts, peer.confusion_matrix(true, guessed))


def test_measures_of_many_labels_are_scikit_learns(rng):
    marks, guessed = rng.random((50, 6)) < 0.3, rng.random((50, 6)) < 0.3
    guessed[:, 4], marks[:, 5] = False, False
    assert metrics.micro_f1_of_marks(marks, guessed) == pytest.approx(peer.f1_score(marks, guessed, average="micro"))
    macro = peer.f1_score(marks, guessed, average="macro", zero_division=0)
    assert metrics.macro_f1_of_marks(marks, guessed) == pytest.approx(macro)


def test_hit_and_gap_by_loops(rng):
    marks, probabilities = rng.random((40, 8)) < 0.3, rng.random((40, 8))
    hits = sum(marks[i, max(range(8), key=lambda k: probabilities[i, k])] for i in range(40))
    assert metrics.hit_at_1(marks, probabilities) == pytest.approx(hits / 40)
    for top in (1, 3, 20):
        listed = []
        for i in range(40):
            best = sorted(range(8), key=lambda k: -probabilities[i, k])[:top]
            listed += [(probabilities[i, k], marks[i, k]) for k in best]
        listed.sort(key=lambda pair: -pair[0])
        right, total = 0, 0.0
        for at, (_, has) in enumerate(listed, 1):
            right += has
            total += has * right / at
        expected = total / marks.sum()
        assert metrics.global_average_precision(marks, probabilities, top) == pytest.approx(expected)
    whole = peer.average_precision_score(marks.ravel(), probabilities.ravel())
    assert metrics.global_average_precision(marks, probabilities) == pytest.approx(whole)
