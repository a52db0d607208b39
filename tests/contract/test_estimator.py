"""The scikit-learn shell, live: what scikit-learn does to its own transformers it can do to a stage."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

import featkit
from featkit import Estimator


@pytest.fixture(scope="module")
def tones():
    """Forty tones of a tenth of a second in noise, low and high."""
    rng = np.random.default_rng(5)
    y = np.arange(40) % 2
    hz = np.where(y, rng.uniform(2000, 2600, 40), rng.uniform(300, 500, 40))
    x = np.sin(2 * np.pi * hz[:, None] * np.arange(1600) / 16000) + 0.1 * rng.standard_normal((40, 1600))
    return x.astype(np.float32), y


def classifier(stage):
    return make_pipeline(Estimator(stage), StandardScaler(), LogisticRegression())


def test_clone_is_equal_and_unfitted(tones):
    fitted = Estimator(featkit.mfcc()).fit(tones[0])
    again = clone(fitted)
    assert again is not fitted
    assert again.stage == fitted.stage
    with pytest.raises(featkit.InputError, match="not fitted"):
        again.transform(tones[0])


def test_parameters_by_name():
    estimator = Estimator(featkit.mfcc())
    parameters = estimator.get_params()
    assert parameters["stage"] == featkit.mfcc()
    assert parameters["mel__n_mels"] == 40
    assert estimator.get_params(deep=False) == {"stage": featkit.mfcc()}
    assert estimator.set_params(mel__n_mels=20, dct__n=5) is estimator
    assert estimator.stage == featkit.mfcc(n_mels=20, n_mfcc=5)
    estimator.set_params(stage=featkit.log_fbank(), mel__n_mels=7)
    assert estimator.stage == featkit.log_fbank(n_mels=7)
    with pytest.raises(featkit.ParameterError, match=r"no parameter '.*n_mel'; did you mean '.*n_mels'?"):
        estimator.set_params(mel__n_mel=7)
    pipe = classifier(featkit.mfcc()).set_params(estimator__mel__n_mels=21)
    assert pipe.get_params()["estimator__mel__n_mels"] == 21


def test_set_params_leaves_the_stage_of_others():
    stage = featkit.mfcc()
    one, other = Estimator(stage), Estimator(stage)
    one.set_params(mel__n_mels=20)
    assert other.stage == featkit.mfcc()


def test_one_row_per_item(tones):
    x, _ = tones
    stage = featkit.mfcc()
    features = Estimator(stage).fit_transform(x)
    assert features.shape == (40, 8 * 13)
    np.testing.assert_array_equal(features[7], stage(x[7]).ravel())
    np.testing.assert_array_equal(Estimator(stage).fit(x).transform(list(x[:3])), features[:3])


def test_rows_that_are_the_stream_go_through_in_one():
    x = np.random.default_rng(0).uniform(1, 2, (5, 4))
    np.testing.assert_array_equal(Estimator(featkit.Log()).fit_transform(x), np.log(x))
    np.testing.assert_allclose(Estimator(featkit.Cmvn()).fit_transform(x).mean(axis=0), 0, atol=1e-12)


def test_it_learns(tones):
    x, y = tones
    assert classifier(featkit.mfcc()).fit(x, y).score(x, y) == 1.0


def test_grid_search_over_a_parameter_inside(tones):
    x, y = tones
    search = GridSearchCV(
        classifier(featkit.mfcc()), {"estimator__mel__n_mels": [13, 20, 40], "estimator__window__kind": ["hann"]}, cv=3
    ).fit(x, y)
    assert search.best_score_ > 0.95
    tried = [params["estimator__mel__n_mels"] for params in search.cv_results_["params"]]
    assert tried == [13, 20, 40]
    best = search.best_estimator_["estimator"].stage_
    assert best["mel"].n_mels == search.best_params_["estimator__mel__n_mels"]
    assert best["window"].kind == "hann"


def test_cross_validation_in_workers(tones):
    x, y = tones
    stage = featkit.mfcc(n_mels=20)
    alone = cross_val_score(classifier(stage), x, y, cv=4)
    np.testing.assert_array_equal(cross_val_score(classifier(stage), x, y, cv=4, n_jobs=2), alone)
    assert alone.mean() > 0.95


def test_a_learner_learns_from_the_training_items_only(tones):
    x, y = tones
    stage = featkit.log_fbank(n_mels=20) | featkit.Cmvn()
    pipe = classifier(stage).fit(x[:30], y[:30])
    fitted = pipe["estimator"].stage_
    by_hand = stage.fit(x[:30])
    assert fitted == by_hand
    assert pipe["estimator"].stage == stage  # the parameter is as it was
    frames = np.concatenate([by_hand(item) for item in x[:30]])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-4)  # float32 features
    np.testing.assert_allclose(frames.std(axis=0), 1, rtol=1e-4)
    assert pipe.score(x[30:], y[30:]) == 1.0
    assert cross_val_score(classifier(stage), x, y, cv=4, n_jobs=2).mean() > 0.95


def test_beside_other_transformers(tones):
    x, _ = tones
    union = FeatureUnion([("mfcc", Estimator(featkit.mfcc())), ("fbank", Estimator(featkit.log_fbank()))])
    assert union.fit_transform(x).shape == (40, 8 * 13 + 8 * 40)


def test_it_is_shown():
    """As text and in a notebook, where scikit-learn asks for its tags."""
    assert repr(Estimator(featkit.Log())) == f"Estimator({featkit.Log()!r})"
    assert "Estimator" in classifier(featkit.mfcc())._repr_html_()


def test_items_of_different_lengths_are_refused(tones):
    x, _ = tones
    estimator = Estimator(featkit.mfcc()).fit(x)
    message = r"the items give features of different shapes \(\[\(4, 13\), \(8, 13\)\] \.\.\.\); cut or pad them to one length"
    with pytest.raises(featkit.InputError, match=message):
        estimator.transform([x[0], x[1][:900]])


def test_before_it_is_fitted(tones):
    with pytest.raises(featkit.InputError, match=r"this Estimator is not fitted; call fit\(X\) first"):
        Estimator(featkit.mfcc()).transform(tones[0])


def test_no_items(tones):
    estimator = Estimator(featkit.mfcc()).fit(tones[0])
    assert estimator.transform([]).shape[0] == 0


def test_what_is_no_stage_is_refused():
    with pytest.raises(featkit.FeatkitError, match="mfcc"):
        Estimator(featkit.mfcc).fit([np.zeros(1600)])


def test_a_bad_item_is_named(tones):
    """Which of the items it was, not only which sample."""
    x = tones[0].copy()
    x[3, 700] = np.nan
    with pytest.raises(featkit.InputError, match=r"item 3.*sample 700|sample 700.*item 3"):
        Estimator(featkit.mfcc()).fit(x).transform(x)
