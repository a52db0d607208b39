"""Make ``noisy-speech.wav`` from ``speech.wav``: as a cheap microphone might have heard it.

Half a second of nothing before and behind, white noise 5 dB below the speech, too quiet by 12 dB, and on a small direct
voltage. Run it as ``python examples/make_noisy_speech.py``.
"""

from pathlib import Path

import numpy as np
import soundfile

SNR_DB, LEVEL_DB, OFFSET = 5.0, -12.0, 0.01


def main() -> None:
    """Write noisy-speech.wav beside this script."""
    here = Path(__file__).parent
    speech, rate = soundfile.read(here / "speech.wav")
    pause = np.zeros(rate // 2)
    spoken = np.concatenate([pause, speech, pause])
    noise = np.random.default_rng(0).standard_normal(len(spoken))
    noise *= np.sqrt(np.mean(speech**2)) * 10 ** (-SNR_DB / 20)
    heard = (spoken + noise) * 10 ** (LEVEL_DB / 20) + OFFSET
    out = here / "noisy-speech.wav"
    soundfile.write(out, np.round(heard * 32768).astype(np.int16), rate, subtype="PCM_16")
    print(f"{out}: {len(heard) / rate:.2f} s, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
