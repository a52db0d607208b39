"""Fusion and what it rests on, against plain loops written from the formulas."""

import itertools

import numpy as np
import pytest
from scipy import sparse

import featkit
from featkit.fusion.folds import choose_l2, folds, out_of_fold
from featkit.rows.spread import UnitSpread

FRAMES = np.random.default_rng(5).standard_normal((23, 3))


# --- pooling ----------------------------------------------------------------------------------------------------------


def test_pool_is_what_its_formulas_say():
    made = featkit.Pool(("mean", "std", "min", "max", "range", "slope"))(FRAMES)[0].reshape(6, 3)
    for d in range(3):
        x = FRAMES[:, d].tolist()
        n = len(x)
        mean = sum(x) / n
        std = (sum((v - mean) ** 2 for v in x) / n) ** 0.5
        middle = (n - 1) / 2
        slope = sum((t - middle) * (v - mean) for t, v in enumerate(x)) / sum((t - middle) ** 2 for t in range(n))
        np.testing.assert_allclose(made[:, d], [mean, std, min(x), max(x), max(x) - min(x), slope], rtol=1e-12)


def test_pool_of_one_frame_has_no_spread_and_no_slope():
    assert featkit.Pool(("std", "range", "slope"))(FRAMES[:1]).tolist() == [[0.0] * 9]


def test_pool_keeps_its_digits_far_from_zero():
    far = FRAMES + 1e8
    np.testing.assert_allclose(featkit.Pool(("std",))(far)[0], far.std(axis=0), rtol=1e-7)


@pytest.mark.parametrize("segments", [1, 4, 7, 23, 50])
def test_segment_means_by_small_pieces(segments):
    """Every frame cut into so many pieces that the borders fall between them."""
    pieces = np.repeat(FRAMES, segments, axis=0)
    expected = pieces.reshape(segments, len(FRAMES), 3).mean(axis=1)
    np.testing.assert_allclose(featkit.SegmentMeans(segments)(FRAMES)[0].reshape(segments, 3), expected, atol=1e-12)


def test_percentiles_by_sorting():
    made = featkit.Percentiles((0, 37.5, 50, 100))(FRAMES)[0].reshape(4, 3)
    for d, (row, share) in itertools.product(range(3), enumerate((0, 0.375, 0.5, 1))):
        ordered = sorted(FRAMES[:, d].tolist())
        place = share * (len(ordered) - 1)
        low = min(int(place), len(ordered) - 2)
        assert made[row, d] == pytest.approx(
            ordered[low] + (place - low) * (ordered[low + 1] - ordered[low]), abs=1e-12
        )


def test_statistics_of_deltas_are_those_of_another_branch():
    both = featkit.Join((featkit.Identity(), featkit.Deltas())) | featkit.Pool(("mean", "std"))
    made = both(FRAMES)[0].reshape(2, 6)
    deltas = featkit.Deltas()(FRAMES)
    np.testing.assert_allclose(made[1, 3:], deltas.std(axis=0), rtol=1e-12)


# --- joining ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def samples():
    rng = np.random.default_rng(3)
    rows = {
        "sound": rng.dirichlet(np.ones(4), 6),
        "picture": rng.dirichlet(np.ones(4), 6),
        "text": rng.dirichlet(np.ones(4), 6),
    }
    return featkit.Modalities(rows)


@pytest.fixture
def gaps(samples):
    """The same, where some samples lack a modality, and what is in its place is wild."""
    present = {"picture": np.array([1, 0, 1, 1, 0, 1], bool), "text": np.array([1, 1, 0, 1, 0, 1], bool)}
    rows = {name: samples[name].copy() for name in samples.names}
    for name, marks in present.items():
        rows[name][~marks] = 1e6
    return featkit.Modalities(rows, present)


def test_weighted_average_by_loops(samples, gaps):
    weights = (0.5, 0.3, 0.2)
    whole = featkit.WeightedAverage(weights)(samples)
    rest = featkit.WeightedAverage(weights, missing="rest")(gaps)
    for i, d in itertools.product(range(6), range(4)):
        parts = [
            (w, samples[name][i, d], gaps.present[name][i]) for w, name in zip(weights, samples.names, strict=True)
        ]
        assert whole[i, d] == pytest.approx(sum(w * x for w, x, _ in parts) / sum(weights))
        there = [(w, x) for w, x, has in parts if has]
        assert rest[i, d] == pytest.approx(sum(w * x for w, x in there) / sum(w for w, _ in there))


def test_weighted_product_by_loops(samples, gaps):
    weights, prior = (1.5, 0.5, 1.0), (0.1, 0.2, 0.3, 0.4)
    for given, stage in (
        (samples, featkit.WeightedProduct(weights, prior)),
        (gaps, featkit.WeightedProduct(weights, prior, missing="rest")),
    ):
        made = stage(given)
        for i in range(6):
            there = [(w, name) for w, name in zip(weights, given.names, strict=True) if given.present[name][i]]
            power = sum(w for w, _ in there)
            raw = [np.prod([given[name][i, k] ** w for w, name in there]) / prior[k] ** (power - 1) for k in range(4)]
            np.testing.assert_allclose(made[i], np.array(raw) / sum(raw), rtol=1e-9)


def test_product_of_labels_that_stand_for_themselves(samples):
    prior = (0.1, 0.2, 0.3, 0.4)
    made = featkit.WeightedProduct(None, prior, "many")(samples)
    for i, k in itertools.product(range(6), range(4)):
        yes = np.prod([samples[name][i, k] for name in samples.names]) / prior[k] ** 2
        no = np.prod([1 - samples[name][i, k] for name in samples.names]) / (1 - prior[k]) ** 2
        assert made[i, k] == pytest.approx(yes / (yes + no))


def test_the_product_is_bayes_rule_for_independent_modalities(rng):
    """Two modalities that are independent given the label, with known probabilities."""
    prior = np.array([0.2, 0.5, 0.3])
    likely = [rng.dirichlet(np.ones(5), 3) for _ in range(2)]  # of 5 observations, for each label
    seen = np.array(list(itertools.product(range(5), range(5))))
    alone = [prior * part[:, seen[:, m]].T for m, part in enumerate(likely)]
    posterior = {str(m): part / part.sum(axis=1, keepdims=True) for m, part in enumerate(alone)}
    together = prior * likely[0][:, seen[:, 0]].T * likely[1][:, seen[:, 1]].T
    made = featkit.WeightedProduct(None, tuple(prior))(featkit.Modalities(posterior))
    np.testing.assert_allclose(made, together / together.sum(axis=1, keepdims=True), rtol=1e-9)


def test_concatenate_scales_by_what_it_was_fitted_on(samples):
    rows = {"a": FRAMES[:20] * 7 + 3, "b": np.repeat(FRAMES[:20], 5, axis=1)}
    stage = featkit.Concatenate().fit([featkit.Modalities(rows)])
    made = stage(featkit.Modalities(rows))
    assert made.shape == (20, 18)
    np.testing.assert_allclose([made[:, :3].var(axis=0).sum(), made[:, 3:].var(axis=0).sum()], 1.0)
    other = {"a": FRAMES[20:], "b": np.repeat(FRAMES[20:], 5, axis=1)}
    scale = 1 / np.sqrt(rows["a"].var(axis=0).sum())
    np.testing.assert_allclose(stage(featkit.Modalities(other))[:, :3], FRAMES[20:] * scale)


def test_standard_scaling_is_that_of_every_column():
    given = featkit.Modalities({"a": FRAMES, "b": FRAMES * 100 - 7})
    made = featkit.Concatenate("standard").fit([given])(given)
    np.testing.assert_allclose(made.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(made.std(axis=0), 1)


def test_sparse_rows_stay_sparse_and_give_the_same():
    dense = {"a": np.where(FRAMES > 0.3, FRAMES, 0.0), "b": FRAMES}
    mixed = {"a": sparse.csr_array(dense["a"]), "b": FRAMES}
    for missing in ("zeros", "indicate", "mean"):
        present = {"a": np.arange(23) % 3 > 0}
        one, other = (featkit.Modalities(rows, present) for rows in (dense, mixed))
        made = featkit.Concatenate(missing=missing).fit([other])(other)
        assert sparse.issparse(made)
        np.testing.assert_allclose(made.toarray(), featkit.Concatenate(missing=missing).fit([one])(one), atol=1e-12)


@pytest.mark.parametrize("scaling", ["block", "standard", "none"])
def test_what_is_missing_counts_as_the_mean_if_so_wanted(scaling):
    present = {"a": np.arange(23) % 3 > 0}
    given = featkit.Modalities({"a": FRAMES, "b": FRAMES + 1}, present)
    made = featkit.Concatenate(scaling, "mean").fit([given])(given)
    np.testing.assert_allclose(
        made[~present["a"], :3], np.tile(made[present["a"], :3].mean(axis=0), (8, 1)), atol=1e-12
    )
    marked = featkit.Concatenate(scaling, "indicate").fit([given])(given)
    np.testing.assert_array_equal(marked[:, -2:], np.stack([~present["a"], np.zeros(23)], axis=1))
    assert not marked[~present["a"], :3].any()


def test_what_learns_does_not_see_what_is_missing(gaps):
    fitted = featkit.Each((("picture", featkit.Cmvn()),)).fit([gaps])
    there = gaps["picture"][gaps.present["picture"]]
    np.testing.assert_allclose(fitted.branches[0][1].mean, there.mean(axis=0))
    assert not fitted(gaps)["picture"][~gaps.present["picture"]].any()


def test_unit_spread_of_sparse_and_dense_rows_is_the_same():
    rows = np.where(FRAMES > 0.3, FRAMES, 0.0)
    assert UnitSpread().fit([sparse.csr_array(rows)]).scale == pytest.approx(UnitSpread().fit([rows]).scale)


def test_weights_that_are_learned_do_no_worse(rng):
    """Three classifiers of different worth; the likelihood of the labels is that of no other weights tried here."""
    labels = rng.integers(0, 4, 300)
    rows = {}
    for name, worth in (("good", 4.0), ("fair", 1.5), ("none", 0.0)):
        scores = rng.standard_normal((300, 4)) + worth * np.eye(4)[labels] * rng.uniform(0, 1, (300, 1))
        rows[name] = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    samples = featkit.Modalities(rows)

    def likelihood(stage):
        return np.log(stage(samples)[np.arange(300), labels]).sum()

    fitted = featkit.FitWeights("product").fit([samples], [labels])
    for factors in itertools.product((0.8, 1.0, 1.25), repeat=3):
        other = tuple(w * f for w, f in zip(fitted.weights, factors, strict=True))
        assert likelihood(fitted.with_(weights=other)) <= likelihood(fitted) + 1e-6
    mean = featkit.FitWeights("mean").fit([samples], [labels])
    right = [
        (featkit.WeightedAverage(w)(samples).argmax(axis=1) == labels).mean() for w in (mean.weights, (1.0, 1.0, 1.0))
    ]
    assert right[0] >= right[1]


# --- alignment --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["nearest", "linear"])
def test_align_by_loops(how, rng):
    times = np.sort(rng.uniform(0, 1, 9))
    rows = rng.standard_normal((9, 2))
    moments = np.concatenate([rng.uniform(-0.2, 1.2, 40), times])
    made = featkit.align({"a": (rows, times)}, moments, how, reach_s=0.05)
    for at, moment in enumerate(moments):
        distance = [abs(t - moment) for t in times]
        nearest = distance.index(min(distance))
        assert made.present["a"][at] == (distance[nearest] <= 0.05)
        if how == "nearest":
            np.testing.assert_array_equal(made["a"][at], rows[nearest])
        else:
            np.testing.assert_allclose(
                made["a"][at], [np.interp(moment, times, rows[:, d]) for d in range(2)], atol=1e-12
            )


def test_streams_of_two_frame_rates_meet():
    sound, video = np.arange(100.0)[:, None], np.arange(25.0)[:, None]
    made = featkit.align(
        {"sound": (sound, np.arange(100) / 100), "video": (video, np.arange(25) / 25)}, "sound", "linear"
    )
    assert len(made) == 100
    np.testing.assert_allclose(made["video"][:97, 0], np.arange(97) / 4, atol=1e-9)


# --- dense layers -----------------------------------------------------------------------------------------------------


def test_dense_by_loops(rng):
    weight, bias = rng.standard_normal((3, 5)), rng.standard_normal(3)
    rows = rng.standard_normal((4, 5))
    made = featkit.Dense(weight, bias)(rows)
    for i, m in itertools.product(range(4), range(3)):
        assert made[i, m] == pytest.approx(sum(weight[m, d] * rows[i, d] for d in range(5)) + bias[m])


def test_sigmoid_of_what_is_joined_is_what_is_joined_of_sigmoids(rng):
    parts = {str(width): rng.standard_normal((2, width)) for width in (1024, 768, 256)}
    after = featkit.Sigmoid()(featkit.SideBySide()(featkit.Modalities(parts)))
    before = featkit.SideBySide()(featkit.Modalities({name: featkit.Sigmoid()(rows) for name, rows in parts.items()}))
    assert after.shape == (2, 2048)
    assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_rows_give_what_dense_ones_do(rng, dtype):
    rows = np.where(rng.random((50, 30)) < 0.2, rng.standard_normal((50, 30)), 0).astype(dtype)
    dense = featkit.Dense(rng.standard_normal((4, 30)), rng.standard_normal(4))
    made = dense(sparse.csr_array(rows))
    assert made.dtype == dtype
    np.testing.assert_allclose(made, dense(rows), rtol=0, atol=1e-5 if dtype == np.float32 else 1e-12)
    for at in (0, 7, 49):
        assert dense(sparse.csr_array(rows[at : at + 1])).tobytes() == made[at : at + 1].tobytes()


def test_pca_spans_what_the_decomposition_does(rng):
    for shape in ((40, 12), (12, 40)):
        rows = rng.standard_normal(shape) * np.linspace(1, 3, shape[1]) + 5
        made = featkit.Pca(4).fit([rows])(rows)
        u, s, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        np.testing.assert_allclose(np.abs(made), np.abs(u[:, :4] * s[:4]), atol=1e-8)
        thin = featkit.Pca(4).fit([sparse.csr_array(rows)])(sparse.csr_array(rows))
        np.testing.assert_allclose(thin, made, atol=1e-8)


# --- folds ------------------------------------------------------------------------------------------------------------


def test_folds_part_every_label_evenly():
    labels = [k for k, count in enumerate((50, 23, 7)) for _ in range(count)]
    looked_at = []
    for learned, apart in folds(labels, 5, seed=3):
        assert not set(learned) & set(apart)
        assert len(learned) + len(apart) == 80
        counts = np.bincount(np.array(labels)[apart], minlength=3)
        assert (np.abs(counts - np.array([10, 4.6, 1.4])) < 1.5).all()
        looked_at += apart.tolist()
    assert sorted(looked_at) == list(range(80))


def test_cross_validation_by_hand(rng):
    rows = rng.standard_normal((60, 4))
    labels = (rows[:, 0] + 0.5 * rng.standard_normal(60) > 0).astype(int).tolist()
    l2s = (100.0, 1.0, 0.01)
    chosen = choose_l2(featkit.Cmvn(), featkit.SoftmaxClassifier(), l2s, rows, labels, 4, 1)
    losses = []
    for l2 in l2s:
        stage = featkit.Cmvn() | featkit.SoftmaxClassifier(l2)
        apart = out_of_fold(stage, rows, labels, 4, 1)
        by_hand = np.zeros((60, 2))
        for learned, looked_at in folds(labels, 4, 1):
            by_hand[looked_at] = stage.fit([rows[learned]], [[labels[at] for at in learned]])(rows[looked_at])
        np.testing.assert_array_equal(apart, by_hand)
        losses.append(-np.mean([np.log(apart[at, label]) for at, label in enumerate(labels)]))
    np.testing.assert_allclose(chosen.losses, losses, rtol=1e-4)
    assert chosen.l2 == l2s[int(np.argmin(losses))]
