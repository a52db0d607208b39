"""Every stored output of HTK's HCopy."""

from featkit.presets import htk
from featkit.presets.parity import PARITY

PEERS = ("htk",)


def test_configuration_gives_what_was_stored(reference, reference_key, agrees):
    entry = reference[reference_key]
    signal, _ = reference.unit_signal(reference_key)
    stored = reference.arrays(reference_key)["feats"]
    got = htk.from_config(entry["config"])(signal)
    kind = entry["config"]["TARGETKIND"].partition("_")[0].lower()
    limit, statics = PARITY[f"htk/{kind}"].limit, stored.shape[1] // (3 if kind == "mfcc" else 1)
    agrees("htk", reference_key, got[:, :statics], stored[:, :statics], limit)
    # A delta weighs differences by at most 0.6 in sum, so that the statics' distance grows by no more than that.
    for order in range(1, stored.shape[1] // statics):
        columns = slice(order * statics, (order + 1) * statics)
        agrees("htk", reference_key, got[:, columns], stored[:, columns], limit * 0.6**order)


def test_deltas_of_stored_statics(reference, reference_key, agrees):
    """The edge rules alone, without what the statics differ."""
    stored = reference.arrays(reference_key)["feats"]
    if "_D_A" not in reference[reference_key]["config"]["TARGETKIND"]:
        return
    dynamics = htk.from_config(reference[reference_key]["config"]).stages[-1]
    agrees("htk (deltas of its statics)", reference_key, dynamics(stored[:, :13]), stored, 3 * 3.8e-6)


def test_a_configuration_may_be_text_a_file_or_a_dict(reference, reference_key, tmp_path):
    config = reference[reference_key]["config"]
    text = "".join(f"HPARM: {name.lower()} = {value}   # and so on\n\n" for name, value in config.items())
    path = tmp_path / "hcopy.conf"
    path.write_text(text)
    assert htk.from_config(config) == htk.from_config(text) == htk.from_config(path) == htk.from_config(str(path))
    options = {
        name: htk._value(name, value) for name, value in config.items() if name in htk._Options.__dataclass_fields__
    }
    kind = config["TARGETKIND"].partition("_")[0].lower()
    assert getattr(htk, kind)(**options) == htk.from_config(config)
    assert htk.from_config(config, WINDOWSIZE=200000)["frames"].length == 320
