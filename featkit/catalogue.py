"""The catalogue: every public stage by its name, found in the public names of the package.

There is no list to keep: a stage that ``featkit/__init__.py`` names is in the catalogue.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

import featkit
from featkit.errors import FeatkitError, ParameterError, did_you_mean
from featkit.learner import Learner, Supervised
from featkit.numeric import Array
from featkit.pipeline import pipeline
from featkit.stage import Pointwise, Stage, Summary, Whole
from featkit.windowed import Windowed

_KINDS = (Stage, Pointwise, Windowed, Summary, Whole, Learner, Supervised)


def stages() -> dict[str, type[Stage]]:
    """Every public stage class by its class name, in the order in which they are named.

    >>> "MelBank" in stages()
    True
    """
    public = ((name, getattr(featkit, name)) for name in {**featkit.PLACES, **vars(featkit)})
    return {name: value for name, value in public if _is_stage(value)}


def _is_stage(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Stage) and value not in _KINDS


def parse(text: str, stored: Mapping[str, Array] | None = None) -> Stage:
    """Read a stage or pipeline from its ``repr``, without evaluating anything else.

    Parameters
    ----------
    text : str
        ``"Frames(length=400, hop=160) | Window('hamming')"``: calls of stages with literal values, ``|``, nothing else.
    stored : mapping of str to ndarray, optional
        The arrays that ``stored('NAME')`` stands for, where the text is from a model file.

    Raises
    ------
    ParameterError
        If the text is something else, names an unknown stage, or gives a parameter that doesn't fit.

    Examples
    --------
    >>> parse("Frames(400, hop=160) | Window('hann')")["window"].kind
    'hann'
    """
    try:
        stage = _value(ast.parse(text.strip(), mode="eval").body, stored or {})
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ParameterError(f"not a pipeline: {text[:80]!r} is not Python ({error})") from None
    if not isinstance(stage, Stage):
        raise ParameterError(
            f"not a pipeline: {text[:80]!r}; write stages as in Frames(400, hop=160) | Window('hamming')"
        )
    return stage


def _value(node: ast.expr, stored: Mapping[str, Array]) -> Any:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left, right = _value(node.left, stored), _value(node.right, stored)
        return pipeline(left, right)
    if isinstance(node, (ast.Tuple, ast.List)):
        items = (_value(item, stored) for item in node.elts)
        return tuple(items) if isinstance(node, ast.Tuple) else list(items)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = [_value(argument, stored) for argument in node.args]
        keywords = {keyword.arg or "**": _value(keyword.value, stored) for keyword in node.keywords}
        return _made(node.func.id, arguments, keywords, stored)
    if isinstance(node, ast.Name) and node.id in ("nan", "inf"):
        return float(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _value(node.operand, stored)
        if isinstance(number, (int, float)):
            return -number
    if isinstance(node, ast.Constant):
        return node.value
    raise ParameterError(f"not part of a pipeline: {ast.unparse(node)[:80]!r}; only stages, literal values and | are")


def _made(name: str, arguments: list[Any], keywords: dict[str, Any], stored: Mapping[str, Array]) -> Any:
    makers: dict[str, Any] = {
        **({"stored": stored.__getitem__} if stored else {}),
        "array": np.array,
        "float": float,
        "pipeline": pipeline,
        "Strings": featkit.Strings,
    }
    if name not in makers and _is_stage(kind := getattr(featkit, name, None)):
        makers[name] = kind
    if name not in makers:
        near = did_you_mean(name, {*makers, *stages()})
        raise ParameterError(f"there is no stage {name!r}{near}; featkit.stages() lists them")
    try:
        return makers[name](*arguments, **keywords)
    except FeatkitError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        raise ParameterError(f"{name}: {error}") from None
