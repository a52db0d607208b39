"""Every stored output of openSMILE's MFCC12 sets."""

import numpy as np
import pytest

from featkit.presets import opensmile as presets
from featkit.presets.parity import PARITY

PEERS = ("opensmile",)


def test_preset_gives_what_was_stored(reference, reference_key, agrees, leave_out):
    entry = reference[reference_key]
    if entry["function"] == "Smile":
        leave_out("opensmile", reference_key, f"{entry['kwargs']['set']} is no feature that featkit has")
        return
    feature = entry["kwargs"]["conf"].removeprefix("mfcc/").removesuffix(".conf")
    signal, rate = reference.unit_signal(reference_key)
    got = getattr(presets, feature)(rate)(signal)
    agrees(
        "opensmile", reference_key, got, reference.arrays(reference_key)["feats"], PARITY[f"opensmile/{feature}"].limit
    )


def test_deltas_of_stored_statics(reference, reference_key):
    """The edge rules alone, without what the statics differ: near to the last bit of float32."""
    entry = reference[reference_key]
    if entry["function"] == "Smile":
        return
    stored = reference.arrays(reference_key)["feats"]
    deltas = presets.MFCC12_0_D_A().stages[-1].branches[1]
    assert np.abs(deltas(stored[:, :13]) - stored[:, 13:]).max() < 3 * 3.8e-6  # as HTK's deltas and Kaldi's differ


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (0, "sampling_rate must be finite and above 0, got 0"),
        (30, "sampling_rate=30 has no sample in 10 ms; it is in Hz"),
    ],
)
def test_rates_that_cannot_be(rate, message):
    from featkit import ParameterError

    with pytest.raises(ParameterError, match=message):
        presets.MFCC12_E_D_A(rate)
