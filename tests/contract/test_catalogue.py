"""The catalogue is complete, its instances are tested, and text is read back to stages."""

from typing import get_args

import numpy as np
import pytest

import featkit
from featkit.parameters import field_types


def test_every_stage_has_an_instance(kind, on):
    """A new stage is tested with no edit to the tests, unless it has no defaults: then the table must have one."""
    assert kind.__name__ not in on.problems, on.problems[kind.__name__]


def test_a_stage_without_defaults_is_missed(on):
    class Needy(featkit.Pointwise):
        width: int

    found, problems = on.build_instances([Needy], {})
    assert not found
    assert "an instance is missing from TABLE" in problems["Needy"]
    assert on.build_instances([Needy], {"Needy": [Needy(3)]})[1] == {}


def test_every_choice_becomes_an_instance(on):
    found, problems = on.build_instances([featkit.Frames, featkit.Dct], {})
    assert not problems
    edges = {stage.edges for stage in found.values() if isinstance(stage, featkit.Frames)}
    assert {"snip", "centre"} < edges == set(get_args(field_types(featkit.Frames)["edges"]))
    assert {stage.ortho for stage in found.values() if isinstance(stage, featkit.Dct)} == {True, False}


def test_the_catalogue_is_the_public_names(published, on):
    names = featkit.stages()
    assert names["MelBank"] is featkit.MelBank
    assert names["MovingDifference"] is on.MovingDifference  # naming it was all it took
    assert not {"Stage", "Pointwise", "Windowed", "Summary", "Whole", "Learner", "Supervised"} & set(names)


def test_parse_reads_pipelines():
    road = featkit.parse("Frames(400, hop=160) | Window('hann') | pipeline(PowerSpectrum(512)) | Join((Log(), Dct(3)))")
    assert road == featkit.Frames(400, hop=160) | featkit.Window("hann") | featkit.PowerSpectrum(512) | featkit.Join(
        (featkit.Log(), featkit.Dct(3))
    )
    assert featkit.parse("  Lifter(length=-0.0)\n") == featkit.Lifter(0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a pipeline: '' is not Python"),
        ("Frames(400", "not a pipeline: 'Frames.400' is not Python"),
        ("3", "not a pipeline: '3'; write stages as in"),
        ("Framse(400)", "there is no stage 'Framse'; did you mean 'Frames'?"),
        ("__import__('os')", "there is no stage '__import__'"),
        ("Frames(400).count(3)", "not part of a pipeline: 'Frames.400..count.3.'; only stages, literal values"),
        ("Frames(2 ** 9)", "not part of a pipeline: '2 ..? 9'"),
        ("Frames(hops=3)", "Frames: .*unexpected keyword argument 'hops'"),
        ("Frames('400')", "Frames.length must be an integer, got '400'"),
        ("Frames(4) | 3", "a pipeline is made of stages, got 3"),
        ("Frames(-'400')", "400"),
        ("Log(floor=float('low'))", "low"),
        ("Normalise(array([[1], [1, 2]]), array([1]))", "array"),
        (" | ".join(["Lifter()"] * 2000), "pipeline"),
    ],
)
def test_parse_refuses_with_an_error_of_featkits_own(text, message):
    with pytest.raises(featkit.ParameterError, match=message):
        featkit.parse(text)


def test_parse_keeps_the_bits_of_numbers():
    mean = np.array([0.1 + 0.2, 1e-300, -0.0, np.pi])
    stage = featkit.Normalise(mean, np.float32([1, 0.1, 3, 4]))
    again = featkit.parse(repr(stage))
    assert again.mean.tobytes() == mean.tobytes()
    assert again.deviation.dtype == np.float32
    assert again == stage
