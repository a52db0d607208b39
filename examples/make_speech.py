"""Make ``speech.wav``, the recording that the README and the tests use: espeak-ng speaks, SciPy resamples to 16 kHz.

Needs the program espeak-ng (Debian: ``apt install espeak-ng``). Run it as ``python examples/make_speech.py``.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

TEXT = "Features are what a model hears. One definition of each step teaches, composes and streams."
RATE = 16000


def main() -> None:
    """Write speech.wav beside this script."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-s", "165", "-w", str(spoken), TEXT], check=True)
        samples, rate = soundfile.read(spoken)
    resampled = resample_poly(samples, RATE, rate)
    resampled *= 0.7 / np.abs(resampled).max()
    out = Path(__file__).with_name("speech.wav")
    soundfile.write(out, np.round(resampled * 32768).astype(np.int16), RATE, subtype="PCM_16")
    print(f"{out}: {len(resampled) / RATE:.2f} s, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
