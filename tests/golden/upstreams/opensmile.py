"""openSMILE's MFCC12 feature sets, run through the pip package with a configuration written here, component by component."""

import struct
import tempfile
from pathlib import Path

import numpy as np
import soundfile

PACKAGES = ["opensmile"]

CASES = [
    {"name": f"{feature}_{rate}", "preset": f"opensmile/{feature}", "options": {"sampling_rate": rate}}
    for feature, rate in (
        *((feature, 16000) for feature in ("MFCC12_0_D_A", "MFCC12_E_D_A", "MFCC12_0_D_A_Z", "MFCC12_E_D_A_Z")),
        *(("MFCC12_0_D_A", rate) for rate in (22050, 44100)),
    )
]


def compute(case, samples, rate):
    """The samples count as recorded at the case's rate, whatever they were."""
    feature = case["preset"].partition("/")[2]
    return extract(feature, samples, case["options"]["sampling_rate"])


def extract(feature, samples, rate):
    from opensmile.core.lib import OpenSMILE

    with tempfile.TemporaryDirectory() as folder:
        config, sound, out = (Path(folder) / name for name in ("mfcc.conf", "in.wav", "out.htk"))
        soundfile.write(sound, samples, rate, "PCM_16")
        config.write_text(configuration(feature, sound, out))
        smile = OpenSMILE()
        smile.initialize(str(config), {}, loglevel=0, debug=False, console_output=False)
        smile.run()
        smile.free()
        written = out.read_bytes()
    width = struct.unpack(">iihh", written[:12])[2] // 4
    return np.frombuffer(written[12:], ">f4").reshape(-1, width).astype(np.float32)


def configuration(feature, sound, out):
    """A chain of components, each reading what the ones named before it wrote."""
    zero, normalised = "_0_" in feature, feature.endswith("_Z")
    keep = {"writer.levelconf.growDyn": 1, "writer.levelconf.isRb": 0, "buffersize": 1000} if normalised else {}
    window = {"frameSize": 0.025, "frameStep": 0.01, "frameMode": "fixed", "frameCenterSpecial": "left"}
    mel = {
        "htkcompatible": 1,
        "nBands": 26,
        "usePower": 1,
        "lofreq": 0,
        "hifreq": 8000,
        "specScale": "mel",
        "inverse": 0,
    }
    cepstrum = {"firstMfcc": 0 if zero else 1, "lastMfcc": 12, "cepLifter": 22.0, "htkcompatible": 1}
    slope = {"deltawin": 2, "blocksize": 1, "noPostEOIprocessing": 0, "nameAppend": "de", **keep}
    chain = [
        ("wave", "cWaveSource", [], {"filename": sound, "monoMixdown": 1}),
        ("frames", "cFramer", ["wave"], {"noPostEOIprocessing": 1, **window}),
        ("emphasis", "cVectorPreemphasis", ["frames"], {"k": 0.97, "de": 0}),
        ("faded", "cWindower", ["emphasis"], {"winFunc": "ham", "gain": 1.0, "offset": 0}),
        ("fourier", "cTransformFFT", ["faded"], {"inverse": 0, "zeroPadSymmetric": 0}),
        ("magnitude", "cFFTmagphase", ["fourier"], {"inverse": 0, "magnitude": 1, "phase": 0}),
        ("bands", "cMelspec", ["magnitude"], mel),
        ("cepstra", "cMfcc", ["bands"], cepstrum | keep),
    ]
    statics = "cepstra"
    if not zero:
        energy = {"htkcompatible": 1, "rms": 0, "log": 1, "nameAppend": "energy", "processArrayFields": 0, **keep}
        chain += [("energy", "cEnergy", ["frames"], energy)]
    if not zero and not normalised:
        chain += [("statics", "cVectorConcat", ["cepstra", "energy"], {"processArrayFields": 0})]
        statics = "statics"
    streams = ["cepstra", "energy"] if normalised and not zero else [statics]
    slopes = [(f"{name}-slope", "cDeltaRegression", [name], slope) for name in streams]
    bends = [(f"{name}-bend", "cDeltaRegression", [f"{name}-slope"], slope) for name in streams]
    levels = [*streams, *(name for name, *_ in slopes + bends)]
    chain += slopes + bends
    if normalised:
        chain += [("centred", "cFullinputMean", ["cepstra"], {})]
        levels[0] = "centred"
    chain += [("sink", "cHtkSink", levels, {"filename": out, "parmKind": 9, "append": 0})]
    lines = ["[componentInstances:cComponentManager]", "instance[dataMemory].type=cDataMemory"]
    lines += [f"instance[{name}].type={kind}" for name, kind, _, _ in chain] + ["nThreads=1", "printLevelStats=0"]
    for name, kind, sources, settings in chain:
        lines += ["", f"[{name}:{kind}]"]
        lines += [f"reader.dmLevel={';'.join(sources)}"] if sources else []
        lines += [f"writer.dmLevel={name}"] if name != "sink" else []
        lines += [f"{key}={value}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"
