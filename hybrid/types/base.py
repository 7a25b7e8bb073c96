"""What the public types share: fields that are checked, and how a value looks in a notebook and a terminal.

What is wrong with a field is said in words: the field, what it may be, and what it was.

Plain data does not know how it is displayed. `hybrid.display` registers a function for each type with `as_text` and
`as_html`, and the package's ``__init__`` says where they are found (`renderers`), so that they load with the first
value that is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid.errors import InputError

if TYPE_CHECKING:
    from typing import Self


Element = TypeVar("Element")
Texts = TypeVar("Texts", bound=Iterable[Any])
_SHOWN_CHARS = 60
_PLAIN = {"a valid string": "a string", "a valid dictionary": "a dict", "a valid tuple": "a list or a tuple"}


class CheckedModel(BaseModel):
    """A pydantic model whose fields are checked. Wrong ones raise `InputError`, which is a `ValueError`, too."""

    if not TYPE_CHECKING:  # type checkers see the fields as arguments

        def __init__(self, *unnamed: object, **given: Any) -> None:
            if unnamed:
                raise InputError(_unnamed(type(self)))
            try:
                super().__init__(**given)
            except ValidationError as error:
                raise input_error(error, type(self)) from None

        __init__.__pydantic_base_init__ = True  # so that fields within fields are named by their whole path

        def __setattr__(self, name: str, value: object) -> None:
            try:
                super().__setattr__(name, value)
            except ValidationError as error:
                raise input_error(error, type(self)) from None
            except InputError:
                raise
            except ValueError as error:  # pydantic's, for a name that is no field
                raise InputError(f"{type(self).__name__}.{name} cannot be set: {error}") from None

        def __delattr__(self, name: str) -> None:
            try:
                super().__delattr__(name)
            except ValidationError as error:
                raise input_error(error, type(self)) from None

        @classmethod
        def model_validate(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `InputError`."""
            try:
                return super().model_validate(*arguments, **options)
            except ValidationError as error:
                raise input_error(error, cls) from None

        @classmethod
        def model_validate_json(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `InputError`."""
            try:
                return super().model_validate_json(*arguments, **options)
            except ValidationError as error:
                raise input_error(error, cls) from None

        @classmethod
        def model_validate_strings(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `InputError`."""
            try:
                return super().model_validate_strings(*arguments, **options)
            except ValidationError as error:
                raise input_error(error, cls) from None


class FrozenModel(CheckedModel):
    """Frozen data whose fields are checked.

    Example:
        >>> from hybrid import Filter
        >>> Filter(since="yesterday")
        Traceback (most recent call last):
            ...
        hybrid.errors.InputError: Filter.since: 'yesterday' is no date that can be read in one way only; write 2024, ...
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    def __hash__(self) -> int:
        """Of what is compared, the fields: pydantic's own cannot hash a dict or a list in one."""
        return hash((type(self), *(hash_of(getattr(self, name)) for name in type(self).model_fields)))


class GivenModel(FrozenModel):
    """Frozen data that users make, and change by copying: a copy is checked as the original was."""

    if not TYPE_CHECKING:

        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """As pydantic's, but a field that is changed is checked, too. Raises `InputError`."""
            changed = changes_of(update)
            copy = super().model_copy(deep=deep)
            if not changed:
                return copy
            return type(self)(**{name: getattr(copy, name) for name in self.model_fields_set} | changed)


def encodable(texts: Texts) -> Texts:
    """The same; a text with half of a surrogate pair is in no database, and cannot be written out: `ValueError`."""
    for text in texts:
        if isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError(f"{text!r} holds a lone surrogate, which is no character")
    return texts


def hash_of(value: object) -> int:
    """A hash that is the same for equal values, of dicts, lists and sets, too. Raises `TypeError` for what has none.

    Example:
        >>> hash_of({"a": [1], "b": {}}) == hash_of({"b": {}, "a": [1.0]})
        True
    """
    if isinstance(value, Mapping):
        return hash(frozenset((key, hash_of(one)) for key, one in value.items()))
    if isinstance(value, list | tuple):
        return hash(tuple(map(hash_of, value)))
    if isinstance(value, set):
        return hash(frozenset(value))
    return hash(value)


def changes_of(update: object) -> dict[str, Any]:
    """What ``model_copy`` is to change. Raises `InputError` for anything but a dict of fields."""
    if update is None:
        return {}
    if not isinstance(update, Mapping) or not all(isinstance(name, str) for name in update):
        raise InputError(f"update is a dict of fields and what they are to be, not {shown(update)}")
    return dict(update)


def input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """One error for all fields of a ``model`` that a validation found wrong."""
    problems = list(dict.fromkeys(problem_of(fault, model) for fault in error.errors(include_url=False)))
    if len(problems) == 1:
        return InputError(problems[0])
    return InputError("\n  ".join([f"{len(problems)} fields of {model.__name__} are wrong:", *problems]))


def problem_of(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What is wrong with one field of a ``model``, in words; ``fault`` is one of pydantic's errors."""
    path = ".".join([model.__name__, *map(str, fault["loc"])])
    match fault["type"]:
        case "missing":
            return f"{path} is missing"
        case "extra_forbidden":
            return f"{path}: there is no such field; {_advice(str(fault['loc'][-1]), _inner(model, fault['loc'][:-1]))}"
        case "no_such_attribute":  # of a model that checks what is assigned
            return f"{path} cannot be set: there is no such field; {_advice(str(fault['loc'][-1]), model)}"
        case "frozen_instance":
            name = str(fault["loc"][-1])
            return (
                f"{path} cannot be set: {model.__name__} is frozen; model_copy(update={{{name!r}: ...}}) makes another"
            )
        case "value_error":
            return f"{path}: {fault['ctx']['error']}"
        case "json_type":
            return f"{path}.model_validate_json reads a string or bytes of JSON, not {shown(fault['input'])}"
        case "json_invalid":
            return f"{path} cannot be read: it is not JSON ({fault['ctx']['error']})"
    said = str(fault["msg"])
    for pydantics, plain in _PLAIN.items():
        said = said.replace(pydantics, plain)
    if said.startswith("Input should be "):
        return f"{path} must be {said.removeprefix('Input should be ')}, not {shown(fault['input'])}"
    return f"{path}: {said[:1].lower()}{said[1:]}; it is {shown(fault['input'])}"


def _inner(model: type[BaseModel], path: Sequence[Any]) -> type[BaseModel]:
    """The model that a path of fields leads to; where it leads through what is no model, the last one."""
    for name in path:
        field = model.model_fields.get(str(name))
        kinds = () if field is None else get_args(field.annotation) or (field.annotation,)
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return model


def _advice(name: str, model: type[BaseModel]) -> str:
    close = get_close_matches(name, model.model_fields, n=1)
    return f"did you mean {close[0]}?" if close else f"{model.__name__} has {', '.join(model.model_fields)}"


def _unnamed(model: type[BaseModel]) -> str:
    fields = list(model.model_fields)
    example = f"{model.__name__}({fields[0]}=...)"
    return f"{model.__name__} takes its fields by name, as in {example}; it has {', '.join(fields)}"


def shown(value: object) -> str:
    """A value in an error's message: plain ones as they are, others by their type."""
    if isinstance(value, int) and abs(value) >= 10**18:  # Python refuses to write very large ones out
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | float | int):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN_CHARS else f"{value[:_SHOWN_CHARS]}…")
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return type(value).__name__


def output_path(path: object) -> Path:
    """``path``, the file to write, with ``~`` replaced. Raises `InputError` for what is no path."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise InputError(f"path is the file to write, a string or a pathlib.Path, not {shown(path)}")
    name = os.fspath(path)
    if not name.strip() or "\0" in name:
        raise InputError(f"path is the file to write, and {shown(name)} is no file name")
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise InputError(f"path {shown(name)}: {error}") from None


def checked_elements(name: str, given: Iterable[Element], kind: type[Element]) -> list[Element]:
    """The elements of an argument, all of one type. Raises `InputError` for others."""
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise InputError(f"{name} is a list of {kind.__name__}, not {shown(given)}")
    found = list(given)
    for one in found:
        if not isinstance(one, kind):
            raise InputError(f"{name} is a list of {kind.__name__}, and one of its elements is {shown(one)}")
    return found


renderers: list[Callable[[], object]] = []
"""Called, each once, before a value of a type that nothing is registered for is shown."""


class Printer(Protocol):
    """The part of IPython's pretty printer that is used here."""

    def text(self, text: str) -> None:
        """Write text without a line break."""

    def break_(self) -> None:
        """Begin a new line at the current indentation."""


@singledispatch
def as_text(value: Any) -> str | None:  # noqa: ARG001 - the registered functions use it
    """A value as text for a terminal; ``None`` where its type has no form of its own."""
    return None


@singledispatch
def as_html(value: Any) -> str | None:  # noqa: ARG001 - as above
    """A value as HTML for a notebook; ``None`` where its type has no form of its own."""
    return None


@singledispatch
def as_document(value: Any, title: str | None = None) -> str:  # noqa: ARG001 - as above
    """A value as a whole HTML document."""
    raise TypeError(f"{type(value).__name__} has no form as a document")


class Shown:
    """Shows HTML in a notebook and ``str(self)`` in IPython's terminal; ``repr`` stays exact, for debugging.

    Both are what is registered for the type with `as_text` and `as_html`, unless the class says otherwise.
    """

    def __str__(self) -> str:
        _load_for(self)
        text = as_text(self)
        return super().__str__() if text is None else text

    def _repr_html_(self) -> str | None:
        _load_for(self)
        html = as_html(self)
        return None if html is None else str(html)  # plain text to callers: markup escapes what is put into it

    def _as_document(self, title: str | None) -> str:
        _load_for(self)
        return str(as_document(self, title))

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        for number, line in enumerate(("..." if cycle else str(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)


def _load_for(value: object) -> None:
    while renderers and as_html.dispatch(type(value)) is as_html.dispatch(object):
        renderers[-1]()  # removed only once it has worked: an interrupt must not lose it
        renderers.pop()
