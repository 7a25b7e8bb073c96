"""How the docstrings and the models of hybrid become what Griffe reads."""

from __future__ import annotations

import ast
import re

import griffe

_MODELS = {
    "BaseModel",
    "FrozenModel",
    "Component",
    "BaseRetriever",
    "BaseChatModel",
}  # pydantic's, and what is made of it
_TWINS = ("in_thread(", "stoppable(")
_EXAMPLE = re.compile(r"^(\s*)Example:$", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Reads ``Example:`` as a section of doctests, and gives a pydantic model the constructor that it has, and an async
    twin its docstring.

    Griffe knows the section by its plural alone, and does not see a constructor that is made at run time.
    """

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called for every module, class, function and attribute that was loaded."""
        if obj.docstring is not None:
            obj.docstring.value = _EXAMPLE.sub(r"\1Examples:", obj.docstring.value)
        if isinstance(obj, griffe.Class) and _MODELS & set(_bases(obj)) and "__init__" not in obj.members:
            obj.set_member("__init__", _constructor(obj))
        if isinstance(obj, griffe.Attribute) and str(obj.value).startswith(_TWINS) and obj.docstring is None:
            obj.docstring = griffe.Docstring(_twin_docstring(str(obj.value)), parent=obj)


def _twin_docstring(value: str) -> str:
    """What `hybrid._async` makes the docstring of an async twin at run time, from the call that makes the twin."""
    call = ast.parse(value, mode="eval").body
    assert isinstance(call, ast.Call)
    name, *notes = call.args
    said = [f"`{ast.unparse(name)}`, without holding up the event loop.", *map(ast.literal_eval, notes)]
    return f"{' '.join(said)} It takes the same arguments."


def _bases(found: griffe.Class) -> list[str]:
    """The names of a class's bases, and of those of their own in the same module."""
    names = [str(base).rpartition(".")[2] for base in found.bases]
    for name in list(names):
        base = found.parent.members.get(name) if found.parent is not None else None
        if isinstance(base, griffe.Class) and base is not found:  # uvicorn's Server, of which ours is one
            names += _bases(base)
    return names


def _constructor(model: griffe.Class) -> griffe.Function:
    """A model's ``__init__``: every field by its name, with its type and its default."""
    fields = [
        griffe.Parameter(
            name, annotation=field.annotation, kind=griffe.ParameterKind.keyword_only, default=_default(field)
        )
        for name, field in model.attributes.items()
        if field.annotation is not None
        and not str(field.annotation).startswith("ClassVar")
        and not name.startswith(("_", "model_config"))
        and "property" not in field.labels
    ]
    itself = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
    return griffe.Function("__init__", parameters=griffe.Parameters(itself, *fields), lineno=model.lineno)


def _default(field: griffe.Attribute) -> str | None:
    """A field's default as written, be it the value itself or within ``Field(...)``; ``None``: it has none."""
    if field.value is None:
        return None
    value = ast.parse(str(field.value), mode="eval").body
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "Field"):
        return str(field.value)
    given = {one.arg: one.value for one in value.keywords}
    if "default_factory" in given:
        return f"{ast.unparse(given['default_factory'])}()"
    return ast.unparse(given["default"]) if "default" in given else None
