"""What learns: fitted over parts and merged, or over the whole; in two passes, or in one."""

import numpy as np
import pytest

import featkit


@pytest.fixture
def items(on):
    """Four inputs for a stage."""
    return lambda stage: [on.rows_for(stage, 2 * on.enough(stage), np.float64, seed) for seed in range(4)]


def test_one_pass_gives_what_two_give(instance, on, items):
    if not on.learns(instance):
        return
    stage = featkit.draw(instance, seed=1, item="a.wav")
    told = on.labels_for(stage, items(stage))
    fitted, rows = stage.fit_apply(iter(items(stage)), *told)
    assert fitted == stage.fit(items(stage), *told)
    for given, made in zip(items(stage), rows, strict=True):
        on.same_bytes(made, fitted(given))


def test_statistics_of_parts_merge(instance, on, items):
    """Near, not equal: sums of floats depend on their order."""
    if not isinstance(instance, featkit.Learner):
        return
    parts = items(instance)
    told = on.labels_for(instance, parts)
    one, other = (instance.gather(parts[cut], *(labels[cut] for labels in told)) for cut in (slice(1), slice(1, None)))
    merged = instance.finish(instance.merge(one, other))
    whole = instance.fit(parts, *told)
    assert type(merged) is type(whole)
    assert list(merged.parameters()) == list(whole.parameters())
    for name, value in whole.parameters().items():
        if isinstance(value, (np.ndarray, float)):
            np.testing.assert_allclose(merged.parameters()[name], value, rtol=1e-10, atol=1e-12)
        else:
            assert merged.parameters()[name] == value


def test_a_pipeline_with_two_learners_reads_once(on):
    pipeline = featkit.Frames(25, 10) | featkit.Cmvn() | featkit.Dct(5) | featkit.Cmvn()
    signals = [on.rows_for(pipeline, 1300, np.float64, seed) for seed in (1, 2)]
    fitted, rows = pipeline.fit_apply(iter(signals))
    assert fitted == pipeline.fit(signals)
    for signal, made in zip(signals, rows, strict=True):
        on.same_bytes(made, fitted(signal))
