"""Frozen records that cost next to nothing to define.

Where a command starts, each dataclass costs a twelfth of the start of the interpreter and each NamedTuple a
sixtieth, because both write and compile code of their own. A pipeline pays that for every ticket; a record of this kind
is an ordinary class. Type checkers see a frozen dataclass.
"""

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """Base of a record: its annotations are its members, in their order; values in the class are their defaults.

    Two records are equal if they are of one class and their members are equal.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._names = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        """Take the members by position, then by name.

        Raises:
            TypeError: a member is missing, unknown or given twice.
        """
        names = self._names
        members = dict(zip(names, values, strict=False))
        if len(values) > len(names) or members.keys() & named.keys() or not named.keys() <= set(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}")
        self.__dict__.update(members, **named)
        if missing := [name for name in names if not hasattr(self, name)]:
            raise TypeError(f"{type(self).__name__} misses {', '.join(missing)}")

    def replaced(self, **changes: Any) -> Self:
        """The same with some members changed."""
        return type(self)(**{name: getattr(self, name) for name in self._names} | changes)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Record) and other._members() == self._members()

    def __hash__(self) -> int:
        return hash((type(self), self._members()))

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({members})"

    def _members(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names)
