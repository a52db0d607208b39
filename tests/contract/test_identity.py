"""A stage is its parameters: equality, hash, repr, pickle and copies follow from them, and nothing changes them."""

import copy
import dataclasses
import numbers
import pickle
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

import featkit
from featkit.parameters import field_types


def test_repr_is_the_full_specification(instance, published):
    assert featkit.parse(repr(instance)) == instance
    assert (
        eval(repr(instance), {"array": np.array} | {name: getattr(featkit, name) for name in dir(featkit)}) == instance
    )


def test_pickle_is_small_and_equal(instance, on):
    pickled = pickle.dumps(instance)
    again = pickle.loads(pickled)
    assert len(pickled) < 2048
    assert again == instance
    assert hash(again) == hash(instance)
    assert repr(again) == repr(instance)


def test_pickle_after_use_is_the_pickle_before(numeric, on):
    before = pickle.dumps(numeric)
    numeric(on.rows_for(numeric, on.enough(numeric)))
    assert pickle.dumps(numeric) == before
    assert set(numeric.__getstate__()) == set(numeric.fields()) == set(field_types(type(numeric)))


def test_a_pickled_stage_computes_the_same_bytes(numeric, on):
    rows = on.rows_for(numeric, on.enough(numeric))
    on.same_bytes(pickle.loads(pickle.dumps(numeric))(rows), numeric(rows))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda stage: stage.with_()])
def test_copies_are_equal(instance, copied):
    again = copied(instance)
    assert again == instance
    assert hash(again) == hash(instance)
    assert len({again, instance}) == 1


def other_values(value):
    """Values near ``value`` of its own type; a stage may refuse some."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, numbers.Integral):
        return [value + 1, value - 1]
    if isinstance(value, numbers.Real):
        return [value * 1.5 + 0.125, value / 2]
    if isinstance(value, np.ndarray):
        return [value + 1]
    if isinstance(value, tuple):
        turned = [value[::-1]] if all(isinstance(item, numbers.Real) for item in value) else []
        return [value + value[:1], value[:-1], *turned]
    hints = [hint for kind in featkit.stages().values() for hint in field_types(kind).values()]
    return [
        600.0,
        600,
        ("cat",),
        *(choice for hint in hints if get_origin(hint) is Literal for choice in get_args(hint)),
    ]


def test_with_changes_one_parameter_and_leaves_the_original(instance):
    before = repr(instance)
    changed = []
    for name, value in instance.parameters().items():
        for new in other_values(value):
            try:
                other = instance.with_(**{name: new})
            except (featkit.ParameterError, featkit.ShapeError):
                continue
            if value is None or not np.array_equal(new, value):
                assert other != instance, name
                assert hash(other) != hash(instance), name
                assert repr(other) != before, name
                after = other.parameters()
                assert np.array_equal(after.pop(name), new)
                # Everything else is as it was.
                assert repr(after) == repr({key: kept for key, kept in instance.parameters().items() if key != name})
                changed.append(name)
    assert repr(instance) == before
    assert changed or not instance.parameters()


def test_stages_are_frozen(instance):
    for name in (*instance.fields(), "extra"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(instance, name, 1)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(instance, name)


def test_different_classes_are_different():
    assert featkit.PowerSpectrum() != featkit.MagnitudeSpectrum()
    assert featkit.Log() != "Log()"
    assert featkit.pipeline(featkit.Log()) != featkit.Log()
    assert len({featkit.PreEmphasis(), featkit.FramePreEmphasis(), featkit.PreEmphasis()}) == 2


def test_tables_are_shared_and_read_only():
    for table in (featkit.window("hann", 400), featkit.mel_weights(10, 8000, 256)):
        assert not table.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1
    assert featkit.window("hann", 400) is featkit.window("hann", 400)
    assert featkit.window("hann", 400) is not featkit.window("hann", 401)


@pytest.mark.parametrize(
    "copied", [lambda stage: stage, copy.deepcopy, lambda stage: pickle.loads(pickle.dumps(stage))],
    ids=["made", "copied", "pickled"],
)  # fmt: skip
def test_array_parameters_are_read_only(copied):
    """What was hashed must stay so, also in a worker that got the stage as a pickle."""
    stage = copied(featkit.Normalise(np.zeros(3), np.ones(3)))
    assert not stage.mean.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        stage.mean[0] = 1


def test_array_parameters_are_the_stages_own():
    mean = np.zeros(3)
    view = mean.view()
    view.setflags(write=False)
    for given in (mean, view):
        stage = featkit.Normalise(given, np.ones(3))
        before = hash(stage), repr(stage)
        mean[0] += 1
        assert (hash(stage), repr(stage)) == before


# --- addressing -------------------------------------------------------------------------------------------------------


def test_pipelines_flatten_and_compare():
    a, b, c = featkit.Frames(), featkit.Window(), featkit.PowerSpectrum()
    assert (a | b) | c == a | (b | c) == featkit.pipeline(a, b, c) == featkit.pipeline(a | b, featkit.pipeline(c))
    assert len(a | b | c) == 3
    assert (a | b | c)[1] == b
    assert (a | b | c)[-1] == c
    assert (a | b | c)[:2] == a | b
    assert (a | b | c)["window"] == b
    with pytest.raises(KeyError, match="no stage named 'mel'; the stages are frames, window, power_spectrum"):
        (a | b | c)["mel"]


def test_names_that_occur_twice_are_numbered():
    twice = featkit.Log() | featkit.Lifter() | featkit.Log("10") | featkit.Log("dB")
    assert list(twice.parts()) == ["log", "lifter", "log2", "log3"]
    assert twice.with_(log3__floor=1.0) == featkit.Log() | featkit.Lifter() | featkit.Log("10") | featkit.Log("dB", 1.0)


def test_with_reaches_into_branches():
    join = featkit.Frames() | featkit.Join((featkit.LogEnergy(), featkit.RemoveMean() | featkit.Dct(5)))
    changed = join.with_(join__0__floor=1.0, join__1__dct__n=7)
    assert changed["join"] == featkit.Join((featkit.LogEnergy(1.0), featkit.RemoveMean() | featkit.Dct(7)))
    assert {"frames__length", "join__0__floor", "join__1__dct__n"} <= set(join.parameters())
    assert join["join"].with_(branches=(featkit.LogEnergy(),)).row_shape((400,)) == (1,)


def test_parameters_that_depend_on_each_other_move_together():
    mfcc = featkit.mfcc(16000)
    with pytest.raises(featkit.ShapeError):
        mfcc.with_(frames__length=800)
    assert mfcc.with_(frames__length=800, power_spectrum__n_fft=1024)["frames"].length == 800
    assert featkit.MelBank().with_(rate=44100, high_hz=20000.0).high_hz == 20000.0


def test_a_new_stage_and_its_parameters_move_together():
    """scikit-learn's set_params has it so: first the part, then what is inside it."""
    changed = featkit.mfcc().with_(mel=featkit.MelBank(80, scale="slaney"), mel__low_hz=50.0)
    assert changed["mel"] == featkit.MelBank(80, low_hz=50.0, scale="slaney")
