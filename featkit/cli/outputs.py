"""From one input to its output file: skipped if up to date, refused if something else is there, else made and recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from featkit.audio.gain import Clipped
from featkit.cli.batch import Outcome, Report, run
from featkit.cli.inputs import STDIO, Found, Job, find, jobs, part_of
from featkit.cli.media import SOUND, Medium
from featkit.errors import InputError, NotStreamable, WriteError
from featkit.files.npy import NpyWriter
from featkit.files.picture import PictureWriter
from featkit.files.sidecar import fingerprint, read_sidecar, up_to_date, whole_file, whole_npy, write_sidecar
from featkit.files.wav import ENDINGS, SoundWriter, Subtype
from featkit.numeric import Array
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.scale import Samples
from featkit.vary import recorded


class Plan(NamedTuple):
    """What is done with one input."""

    rate: int | None  # that a sound has after the front
    front: Pipeline | None = None  # from samples to samples, from image to image
    features: Pipeline | None = None  # and on
    output: str | None = None  # where what comes out goes, if not where the job says

    @property
    def stages(self) -> Pipeline:
        """All of it."""
        parts = [part for part in (self.front, self.features) if part is not None]
        return pipeline(*parts) if parts else pipeline(Samples())

    def settled(self, sound: Any) -> Plan:
        """Read the sound as often as its front needs, so that it streams, for sounds that are too long for memory."""
        if self.front is None or self.front.streamable or not sound.samples:
            return self
        try:
            return self._replace(front=self.front.settle(sound))
        except NotStreamable:  # then it takes all of the sound at once
            return self


class Heard:
    """The blocks of a sound; as they go by, samples that were cut off when it was recorded are counted, if wanted."""

    def __init__(self, sound: Iterable[Any], count: bool) -> None:
        self._sound, self._count = sound, count
        self.clipped = 0

    def __iter__(self) -> Iterator[Array]:
        return self._counted() if self._count else iter(self._sound)

    def _counted(self) -> Iterator[Array]:
        marks = Clipped().stream()
        for block in self._sound:
            # One sample at the largest integer is no clipping, and in 32 bits that is rounded up to 1.
            below = np.where(block == 1, np.nextafter(block.dtype.type(1), block.dtype.type(0)), block)
            self.clipped += int(np.count_nonzero(marks.push(below)))
            yield block
        self.clipped += int(np.count_nonzero(marks.finish()))


class Features:
    """Outputs that are feature files."""

    files: tuple[str, ...] = (".npy",)
    called = "features are"
    #: How the sidecar has a pipeline.
    show: Callable[[Any], str] = repr

    def __init__(self, kind: str, rows: str = "frames") -> None:
        self.ending, self.rows = f".{kind}.npy", rows

    def open(self, path: str, plan: Plan, overwrite: bool) -> NpyWriter | SoundWriter | PictureWriter:
        """What writes one."""
        return NpyWriter(path, overwrite=overwrite)

    def whole(self, path: str | os.PathLike[str], made: dict[str, Any]) -> bool:
        """Whether one that is there is as its record has it."""
        return whole_npy(path, made)

    def record(self, plan: Plan) -> dict[str, Any]:
        """What of it must be the same for an output to be up to date."""
        return {} if plan.front is None or plan.rate is None else {"prepared_rate": plan.rate}

    def facts(self, out: Any, clipped: int) -> dict[str, Any]:
        """What is known of an output when it is written; ``clipped`` counts samples of the input."""
        return {"shape": list(out.shape), "dtype": str(out.dtype)}

    def told(self, out: Any) -> dict[str, Any]:
        """What else the sidecar tells."""
        return {self.rows: out.rows}

    def notes(self, job: Job, facts: dict[str, Any]) -> tuple[str, ...]:
        """What is to be said of it."""
        return ()


class Sounds(Features):
    """Outputs that are sound files."""

    called = "sound is"
    ending = ".wav"

    def __init__(self, subtype: Subtype, files: tuple[str, ...] = ENDINGS, show: Callable[[Any], str] = repr) -> None:
        self.subtype, self.files, self.show = subtype, files, show

    def open(self, path: str, plan: Plan, overwrite: bool) -> SoundWriter:
        assert plan.rate is not None
        return SoundWriter(path, plan.rate, subtype=self.subtype, overwrite=overwrite)

    def whole(self, path: str | os.PathLike[str], made: dict[str, Any]) -> bool:
        return whole_file(path, made)

    def record(self, plan: Plan) -> dict[str, Any]:
        return {"prepared_rate": plan.rate, "subtype": self.subtype}

    def facts(self, out: Any, clipped: int) -> dict[str, Any]:
        return {**super().facts(out, clipped), **out.measured, "clipped_in_input": clipped}

    def told(self, out: Any) -> dict[str, Any]:
        return {"bytes": out.bytes}

    def notes(self, job: Job, facts: dict[str, Any]) -> tuple[str, ...]:
        notes = []
        if facts["clipped_in_input"]:
            notes.append(
                f"clipped: {job.source}: {facts['clipped_in_input']:,} samples are at full scale in a row, or beyond it: "
                "they were cut off when it was recorded, or are too loud"
            )
        if facts["clipped"]:
            notes.append(
                f"clipped: {job.output}: {facts['clipped']:,} of {facts['shape'][0]:,} samples were beyond full scale and "
                "are cut off; lower the gain, or keep them with --subtype FLOAT"
            )
        return tuple(notes)


class Pictures(Features):
    """Outputs that are pictures of power spectrograms."""

    files = (".png",)
    called = "pictures are"

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.ending = f".{kind}.png"

    def open(self, path: str, plan: Plan, overwrite: bool) -> PictureWriter:
        return PictureWriter(path, overwrite=overwrite)

    def whole(self, path: str | os.PathLike[str], made: dict[str, Any]) -> bool:
        return whole_file(path, made)

    def record(self, plan: Plan) -> dict[str, Any]:
        return {**super().record(plan), "picture": PictureWriter.scale}

    def told(self, out: Any) -> dict[str, Any]:
        return {**super().told(out), "bytes": out.bytes}


class Shared(NamedTuple):
    """The options that all commands with outputs share."""

    inputs: tuple[str, ...]
    out: str | None
    on_error: str
    report: Report
    reading: dict[str, Any]
    overwrite: bool
    allow_empty: bool

    @classmethod
    def taken_from(cls, options: dict[str, Any], medium: Medium = SOUND) -> Shared:
        """Take them out of all options; how an input is read is the medium's."""
        take = options.pop
        report = Report(take("as_json"), take("quiet"), take("verbose"))
        reading = {key: take(key) for key in medium.reading}
        inputs, out, on_error = take("inputs"), take("out"), take("on_error")
        return cls(inputs, out, on_error, report, reading, take("overwrite"), take("allow_empty"))


#: What is to be done with an input: mostly one plan.
Plans = Callable[[Job, Any], Iterable[Plan]]
#: What is done with an output that is there.
After = Callable[[Job, Any, Plan], None]


def carry_out(
    shared: Shared, target: Features, plans: Plans, after: After | None = None, medium: Medium = SOUND
) -> int:
    """Find the inputs, make the outputs, and return the exit code."""
    medium.check(shared.reading)
    found = find(shared.inputs, medium.suffixes)
    if isinstance(target, Sounds):
        found = _without_earlier_outputs(found, shared)
    listed = jobs(found, shared.out, target.ending, target.files, target.called)
    _check_standard_output(listed, shared, target, medium)
    sources = {os.path.abspath(source) for source, _ in found.inputs if source != STDIO}

    def make(job: Job, source: Any, reading: dict[str, Any]) -> Iterator[Outcome]:
        for plan in plans(job, source):
            one = job._replace(output=plan.output or job.output)
            if os.path.abspath(one.output) in sources:
                raise WriteError(f"{one.output} is an input, and would be replaced; write elsewhere with -o")
            yield _write(one, source, plan, target, shared._replace(reading=reading), medium)
            if after is not None:
                after(one, source, plan)

    def work(job: Job) -> list[Outcome]:
        source = medium.open(job.source, shared.reading, shared.allow_empty)
        if not medium.several(shared.reading):
            return list(make(job, source, shared.reading))
        outcomes: list[Outcome] = []
        for part in medium.parts(source, shared.reading):
            one = job._replace(output=part_of(job.output, part.name, target.ending))
            outcomes += make(one, part.source, part.reading)
        return outcomes

    return run(found, listed, work, shared.on_error, shared.report, audio=medium is SOUND)


def _without_earlier_outputs(found: Found, shared: Shared) -> Found:
    """Leave out what an earlier run has written below ``-o``, where that lies in a folder that is searched."""
    if shared.out is None or not Path(shared.out).is_dir():
        return found
    out = Path(os.path.abspath(shared.out))
    inputs = [
        (source, place)
        for source, place in found.inputs
        if source in shared.inputs or out not in Path(os.path.abspath(source)).parents or read_sidecar(source) is None
    ]
    return Found(inputs, found.nothing if inputs or not found.inputs else list(shared.inputs))


def _check_standard_output(listed: list[Job], shared: Shared, target: Features, medium: Medium) -> None:
    if all(job.output != STDIO for job in listed):
        return
    several = medium.several(shared.reading)
    if several:
        raise click.UsageError(f"{several}; standard output is only one: give -o FOLDER/")
    name = f"NAME{target.files[0]}"
    if shared.report.as_json:
        raise click.UsageError(f"--json and the {target.called.split()[0]} both want standard output; give -o {name}")
    if sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError(
            f"{target.called} binary and would garble the terminal; give -o {name} or redirect the output"
        )


def _write(job: Job, source: Any, plan: Plan, target: Features, shared: Shared, medium: Medium) -> Outcome:
    record: dict[str, Any] = {
        "pipeline": target.show(plan.stages),
        "input": None if job.source == STDIO else fingerprint(job.source),
        **medium.record(source),
        "reading": shared.reading,
        **target.record(plan),
    }
    if job.output != STDIO and not shared.overwrite:
        current = up_to_date(job.output, record, target.whole)
        if current:
            return Outcome("skipped", job.output, facts={"why": "up to date"})
        if current is False:
            raise WriteError(
                f"{job.output} exists, made with other settings or from another input; use --overwrite or another -o"
            )
    with target.open(job.output, plan, shared.overwrite) as out:
        settled = plan.settled(source) if medium.rereads else plan
        heard = Heard(medium.blocks(source), count=isinstance(target, Sounds))
        for rows in settled.stages.iterate(heard):
            out.append(rows)
        if not out.rows and not shared.allow_empty:
            raise InputError(medium.gives_nothing(source))
        facts = target.facts(out, heard.clipped)
        if job.output != STDIO:
            out.complete()
            # Before the output gets its name: it must not appear without it, nor beside that of another.
            told = {**medium.told(source), **target.told(out), **facts}
            if settled.front is not None and settled.front != plan.front:
                told["settled"] = recorded(settled.front)
            write_sidecar(job.output, {**record, **told})
    return Outcome("ok", job.output, medium.seconds(source), facts, target.notes(job, facts))
