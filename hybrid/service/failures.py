"""Errors on their way out: the status of each, its JSON, and nothing in it of where the server keeps its files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from hybrid import errors
from hybrid.errors import HybridError, InputError
from hybrid.types.base import problem_of

STATUS: Mapping[type[HybridError], int] = {
    errors.AuthenticationError: 401,
    errors.AccessError: 403,
    errors.CorpusNotFoundError: 404,
    errors.SourceNotFoundError: 404,
    errors.JobNotFoundError: 404,
    errors.CorpusLockedError: 409,
    errors.JobStateError: 409,
    errors.RequestTooLargeError: 413,
    errors.InputError: 422,
    errors.SettingsError: 422,
    errors.DocumentError: 422,
    errors.RateLimitError: 429,
    errors.CorruptCorpusError: 500,
    errors.CorpusVersionError: 500,
    errors.ServiceBusyError: 503,
    errors.CatalogUnreachableError: 503,
    errors.VectorsUnreachableError: 503,
    errors.AnswerTimeoutError: 504,
    errors.CorpusError: 409,
    errors.HybridError: 500,
}
"""The most special class that an error is of decides."""
_HTTP_NAMES = {401: "AuthenticationError", 404: "InputError", 405: "InputError"}


def status_of(error: HybridError) -> int:
    """The status of an answer that is this error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def content_of(kind: str, message: str, retry_after: float | None = None) -> dict[str, Any]:
    """The body of an error: the class in `hybrid.errors`, and what to tell people.

    It is in the form that clients of OpenAI's interface read, too.
    """
    said: dict[str, Any] = {"type": kind, "message": message, "code": None, "param": None}
    if retry_after is not None:
        said["retry_after"] = retry_after
    return {"error": said}


def content_of_error(error: HybridError, hide: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The body of one of the library's errors. ``hide`` are texts and what stands for them."""
    message = str(error)
    for path, name in hide:
        message = message.replace(path, name)
    return content_of(type(error).__name__, message, getattr(error, "retry_after", None))


def response_of(error: HybridError, hide: Iterable[tuple[str, str]] = ()) -> JSONResponse:
    """The whole answer: status, headers, body."""
    headers = {}
    if (after := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(after)))
    if isinstance(error, errors.AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(content_of_error(error, hide), status_of(error), headers)


def invalid_body(request: Request, error: Exception) -> JSONResponse:
    """What is wrong with a body or a parameter, each field by its name."""
    assert isinstance(error, RequestValidationError)
    field = getattr(request.scope.get("route"), "body_field", None)
    model = field and field.field_info.annotation
    problems = []
    for fault in error.errors():
        place, *path = fault["loc"]
        if fault["type"] == "json_invalid":
            problems.append(f"the body is not JSON: {fault['ctx']['error']}")
        elif (
            place == "body"
            and isinstance(model, type)
            and issubclass(model, BaseModel)
            and fault["type"] != "json_invalid"
        ):
            problems.append(problem_of({**fault, "loc": path}, model))
        else:
            problems.append(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}")
    return response_of(InputError("; ".join(dict.fromkeys(problems))))


def refused_by_http(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: no such path, another method."""
    assert isinstance(error, HTTPException)
    kind = _HTTP_NAMES.get(error.status_code, "ServiceError")
    said = f"{request.method} {request.url.path}: {error.detail}; /openapi.json says what there is"
    return JSONResponse(content_of(kind, said), error.status_code, error.headers)


def unexpected() -> JSONResponse:
    """A fault of the server's own: its text is for the log, as nobody knows what is in it."""
    return JSONResponse(content_of("HybridError", "the server failed; its log says how"), 500)
