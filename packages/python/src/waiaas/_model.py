"""How dataclasses and the JSON of the wire become each other."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from typing import Any, ClassVar, TypeVar

M = TypeVar("M", bound="Model")


class Model:
    """A shape of the wire. What a newer daemon says beside it is not kept."""

    __slots__ = ()
    _wire: ClassVar[dict[str, str]] = {}

    @classmethod
    def from_wire(cls: type[M], data: dict[str, Any]) -> M:
        """Reads what the daemon answered. ValueError where a field is missing that has to be there."""
        if not isinstance(data, dict):
            raise ValueError(f"{cls.__name__}: expected an object, got {type(data).__name__}")
        given: dict[str, Any] = {}
        for name, (wire, kind, is_required) in _fields(cls).items():
            if wire in data:
                given[name] = decode(kind, data[wire])
            elif is_required:
                raise ValueError(f"{cls.__name__}: expected the field {wire}")
        return cls(**given)

    def to_wire(self) -> dict[str, Any]:
        """As the daemon takes it: what may be left out and is None is not said."""
        fields = _fields(type(self)).items()
        values = ((wire, getattr(self, name), must) for name, (wire, _, must) in fields)
        return {wire: encode(value) for wire, value, must in values if must or value is not None}


_known: dict[type[Model], dict[str, tuple[str, Any, bool]]] = {}


def _fields(cls: type[Model]) -> dict[str, tuple[str, Any, bool]]:
    if cls not in _known:
        _known[cls] = _read_fields(cls)
    return _known[cls]


def _read_fields(cls: type[Model]) -> dict[str, tuple[str, Any, bool]]:
    names = vars(sys.modules[cls.__module__])
    return {
        field.name: (
            cls._wire.get(field.name, field.name),
            # A field may be called as a type is, so that the names of the class are none.
            eval(str(field.type), dict(names)),  # the text of our own generated file
            field.default is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    }


def encode(value: Any) -> Any:
    """The JSON of an argument: dataclasses inside of it become objects."""
    if isinstance(value, Model):
        return value.to_wire()
    if isinstance(value, dict):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    return value


def decode(kind: Any, data: Any) -> Any:
    """A value of a type; what is of none of its classes stays as it came."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data)
    if origin is list and isinstance(data, list):
        (each,) = typing.get_args(kind)
        return [decode(each, item) for item in data]
    if origin is dict and isinstance(data, dict):
        _, each = typing.get_args(kind)
        return {key: decode(each, value) for key, value in data.items()}
    if isinstance(kind, type) and issubclass(kind, Model) and data is not None:
        return kind.from_wire(data)
    return data


def _decode_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if isinstance(data, list):
        lists = [kind for kind in kinds if typing.get_origin(kind) is list]
        return decode(lists[0], data) if lists else data
    if not isinstance(data, dict):
        return data
    classes = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Model)]
    fitting = [kind for kind in classes if _fits(kind, data)]
    if not fitting:
        dicts = [kind for kind in kinds if typing.get_origin(kind) is dict]
        return decode(dicts[0], data) if dicts else data
    # The one that says most of what is there.
    best = max(fitting, key=lambda kind: sum(wire in data for wire, _, _ in _fields(kind).values()))
    return best.from_wire(data)


def _fits(cls: type[Model], data: dict[str, Any]) -> bool:
    for wire, kind, is_required in _fields(cls).values():
        if wire not in data:
            if is_required:
                return False
        elif typing.get_origin(kind) is typing.Literal and data[wire] not in typing.get_args(kind):
            return False
    return True
