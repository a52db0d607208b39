"""Parameters: an immutable set of named values that checks, compares, prints and changes itself.

A subclass lists its fields as annotations, with the unit in the name; nothing else is stored. There is no decorator to
write: subclassing makes the class a frozen dataclass. What is derived from the fields (a window, mel weights) comes
from the cache in :mod:`featkit.numeric`, so a pickle holds the fields alone.
"""

from __future__ import annotations

import dataclasses
import numbers
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Self, dataclass_transform

import numpy as np

from featkit.errors import ParameterError, did_you_mean


@dataclass_transform(frozen_default=True, eq_default=False)
@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Parameters:
    """The base of everything that is defined by its parameters alone (stages, pipelines)."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclasses.dataclass(frozen=True, repr=False, eq=False)(cls)

    def __post_init__(self) -> None:
        for name, value in self.fields().items():
            if isinstance(value, np.ndarray) and not _stays(value):
                object.__setattr__(self, name, _frozen(value))  # what was compared and hashed must stay so
            self.check_type(name, value)
        self.check()

    @classmethod
    def check_type(cls, name: str, value: Any) -> None:
        """Raise :class:`ParameterError` unless ``value`` is of the type that the field ``name`` is declared with."""
        hint = field_types(cls)[name]
        if not _fits(value, hint):
            near = did_you_mean(value, _choices(hint)) if isinstance(value, str) else ""
            raise ParameterError(f"{cls.__name__}.{name} must be {_describe(hint)}, got {value!r}{near}")

    def __getstate__(self) -> dict[str, Any]:
        return self.fields()  # what else an instance may keep follows from them

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, _frozen(value) if isinstance(value, np.ndarray) else value)

    def check(self) -> None:
        """Raise :class:`ParameterError` if the values do not go together; types are checked already."""

    def at_least(self, low: float, *names: str) -> None:
        """Raise :class:`ParameterError` unless the named fields are None or >= ``low``."""
        for name in names:
            value = getattr(self, name)
            if value is not None and not low <= value < float("inf"):
                bound = "finite" if value == float("inf") else f"at least {low}"
                raise ParameterError(f"{type(self).__name__}.{name} must be {bound}, got {value!r}")

    def above(self, low: float, *names: str) -> None:
        """Raise :class:`ParameterError` unless the named fields are None or finite and > ``low``."""
        for name in names:
            value = getattr(self, name)
            if value is not None and not low < value < float("inf"):
                raise ParameterError(f"{type(self).__name__}.{name} must be finite and above {low}, got {value!r}")

    # --- looking inside ---------------------------------------------------------------------------------------------

    def fields(self) -> dict[str, Any]:
        """The parameters as given, in order."""
        return {name: getattr(self, name) for name in field_types(type(self))}

    def parts(self) -> dict[str, Parameters]:
        """What inside this one has parameters of its own, by the name it is addressed with."""
        return {name: value for name, value in self.fields().items() if isinstance(value, Parameters)}

    def parameters(self) -> dict[str, Any]:
        """All parameters, those of the parts under ``part__field`` (scikit-learn's way of naming them)."""
        own = {name: value for name, value in self.fields().items() if not _holds_parameters(value)}
        for label, part in self.parts().items():
            own |= {f"{label}__{name}": value for name, value in part.parameters().items()}
        return own

    # --- changing ---------------------------------------------------------------------------------------------------

    def with_(self, **changes: Any) -> Self:
        """Return a copy with some parameters changed; ``mel__n_mels=40`` reaches into the part named ``mel``.

        All changes are made before anything is checked, so parameters that depend on each other can move together.

        Raises
        ------
        ParameterError
            For a name that is not there (with the nearest one that is) or a value that does not fit.
        """
        parts = self.parts()
        inner: dict[str, dict[str, Any]] = {}
        own: dict[str, Any] = {}
        for name, value in changes.items():
            head, dots, rest = name.partition("__")
            if dots and head in parts:
                inner.setdefault(head, {})[rest] = value
            elif not dots and (head in parts or head in self.fields()):
                own[head] = value
            else:
                known = [*self.parameters(), *parts]
                shown = type(self).__name__ if not parts else "the pipeline"
                raise ParameterError(
                    f"{shown} has no parameter {_dotted(name)!r}"
                    f"{did_you_mean(_dotted(name), map(_dotted, known)) or '; it has ' + ', '.join(map(_dotted, known))}"
                )
        moved = {head: own.get(head, parts[head]).with_(**deeper) for head, deeper in inner.items()}
        return self._rebuilt(own | moved)

    def _rebuilt(self, changes: dict[str, Any]) -> Self:
        return type(self)(**(self.fields() | changes))

    # --- printing and comparing --------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self.written(_array_literal)

    def written(self, array: Callable[[np.ndarray[Any, Any]], str]) -> str:
        """The ``repr``, with arrays written as ``array`` has it: a file keeps them elsewhere."""
        values = ", ".join(f"{name}={literal(value, array)}" for name, value in self.fields().items())
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[Any, ...]:
        return (type(self).__name__, *(_comparable(value) for value in self.fields().values()))


_FIELD_TYPES: dict[type, dict[str, Any]] = {}


def field_types(kind: type[Parameters]) -> dict[str, Any]:
    """The fields of a class (in order) with their types."""
    if kind not in _FIELD_TYPES:
        hints = typing.get_type_hints(kind)
        _FIELD_TYPES[kind] = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    return _FIELD_TYPES[kind]


def _stays(array: np.ndarray[Any, Any]) -> bool:
    """Whether nobody can change it: read-only and no view of another array, or a file mapped for reading."""
    mapped = isinstance(array, np.memmap)
    return not array.flags.writeable and (array.base is None or (mapped and not isinstance(array.base, np.ndarray)))


def _frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


def _holds_parameters(value: Any) -> bool:
    return isinstance(value, Parameters) or (isinstance(value, tuple) and any(map(_holds_parameters, value)))


def _array_literal(array: np.ndarray[Any, Any]) -> str:
    return f"array({array.tolist()!r}, dtype={array.dtype.str[1:]!r})"


def literal(value: Any, array: Callable[[np.ndarray[Any, Any]], str] = _array_literal) -> str:
    """``value`` as Python source that :func:`featkit.parse` reads back to an equal value."""
    if isinstance(value, np.ndarray):
        return array(value)
    if isinstance(value, Parameters):
        return value.written(array)
    if isinstance(value, tuple):
        return f"({', '.join(literal(part, array) for part in value)}{',' * (len(value) == 1)})"
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


def _comparable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, value.tobytes())
    return tuple(map(_comparable, value)) if isinstance(value, tuple) else value


def _dotted(name: str) -> str:
    return name.replace("__", ".")


# --- values and the types they are declared with ----------------------------------------------------------------------


def _choices(hint: Any) -> list[str]:
    if typing.get_origin(hint) is Literal:
        return [str(choice) for choice in typing.get_args(hint)]
    return [name for option in typing.get_args(hint) for name in _choices(option)]


def _fits(value: Any, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return any(type(value) is type(choice) and value == choice for choice in args)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in args)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        hints = [args[0]] * len(value) if args[-1] is Ellipsis else list(args)
        return len(hints) == len(value) and all(map(_fits, value, hints))
    if hint in (int, float):
        number = numbers.Integral if hint is int else numbers.Real
        return isinstance(value, number) and not isinstance(value, (bool, np.bool_)) and value == value
    return isinstance(value, origin or hint)


def _describe(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, args))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_describe(option) for option in args)
    if origin is tuple:
        return "a tuple of " + _describe(args[0])
    names = {int: "an integer", float: "a number", str: "a string", bool: "True or False", type(None): "None"}
    return names.get(hint, f"a {getattr(hint, '__name__', hint)}")
