"""TF-IDF by the codes of the SMART system."""

from __future__ import annotations

from featkit.errors import ParameterError
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.unit import UnitNorm
from featkit.stage import Stage
from featkit.text.pivot import PivotedNorm
from featkit.text.weighting import InverseDocumentFrequency, TermFrequency

_TERM = {"n": "natural", "l": "logarithm", "a": "augmented", "b": "boolean", "L": "log_average"}
_DOCUMENT = {"n": None, "t": "logarithm", "p": "probabilistic"}
_NORM: dict[str, Stage | None] = {"n": None, "c": UnitNorm(2.0), "u": PivotedNorm()}


def smart(code: str) -> Pipeline:
    """TF-IDF by its SMART code: a letter each for term frequency, document frequency and norm.

    Parameters
    ----------
    code : str
        ``n l a b L`` (natural, logarithm, augmented, boolean, log average), then ``n t p`` (none, ln(n / df), probabilistic),
        then ``n c u`` (none, cosine, pivoted unique). The norm ``b``, by the size in bytes, needs the text itself, and isn't
        here.

    Returns
    -------
    Pipeline
        From counts to weights; with ``t``, ``p`` or ``u`` it has to be fitted.

    Raises
    ------
    ParameterError
        For another code.

    Examples
    --------
    >>> smart("ltc")  # doctest: +NORMALIZE_WHITESPACE
    TermFrequency(kind='logarithm') | InverseDocumentFrequency(kind='logarithm', dtype='float64') | UnitNorm(norm=2.0)
    """
    if len(code) != 3 or code[0] not in _TERM or code[1] not in _DOCUMENT or code[2] not in _NORM:
        raise ParameterError(
            f"a SMART code has one of {'/'.join(_TERM)}, one of {'/'.join(_DOCUMENT)} and one of {'/'.join(_NORM)}, got {code!r}"
        )
    stages: list[Stage] = [TermFrequency(_TERM[code[0]])]  # type: ignore[arg-type]
    rarity, norm = _DOCUMENT[code[1]], _NORM[code[2]]
    if rarity is not None:
        stages.append(InverseDocumentFrequency(rarity))  # type: ignore[arg-type]
    return pipeline(*stages, *([norm] if norm is not None else []))
