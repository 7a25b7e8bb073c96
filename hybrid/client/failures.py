"""Errors on their way in: what a server refused as the library's own, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from hybrid import errors
from hybrid.errors import (
    AnswerTimeoutError,
    HybridError,
    InputError,
    ProtocolError,
    ServerUnreachableError,
    ServiceError,
)

_SHOWN = 200


def protocol_error(said: str) -> ProtocolError:
    """What came back cannot be understood."""
    return ProtocolError(f"{said}; is this a server of hybrid, of the same version?")


def error_of(content: Any) -> HybridError | None:
    """The error that an answer, or an event, holds; ``None`` where it holds none that can be read."""
    said = content.get("error") if isinstance(content, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("message"), str):
        return None
    kind = getattr(errors, str(said.get("type")), None)
    if not (isinstance(kind, type) and issubclass(kind, HybridError)):
        kind = ServiceError
    error: HybridError = kind.__new__(kind)  # not all are made of one message; all are raised with one
    Exception.__init__(error, said["message"])
    if isinstance(error, errors.RateLimitError | errors.ServiceBusyError):
        after = said.get("retry_after")
        error.retry_after = float(after) if isinstance(after, int | float) else 1.0
    if isinstance(error, errors.DocumentError):
        error.source, error.reason = "", said["message"]
    if isinstance(error, errors.MissingExtraError):
        error.extra = ""
    if isinstance(error, errors.JobFailedError):
        error.job = None
    return error


def refusal(response: httpx.Response) -> HybridError:
    """The error of an answer that is one. Its content was read."""
    try:
        found = error_of(response.json())
    except (ValueError, RecursionError):
        found = None
    if found is not None:
        return found
    text = " ".join(response.text.split())[:_SHOWN]
    return ServiceError(f"the server, or a proxy before it, answered {response.status_code}: {text or 'nothing else'}")


@contextmanager
def connection_errors(url: str) -> Iterator[None]:
    """What goes wrong on the way, as the library's errors."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise ServerUnreachableError(f"no server answers at {url} in time") from error
    except httpx.TimeoutException as error:
        raise AnswerTimeoutError(f"the server at {url} did not answer within the client's timeout") from error
    except (httpx.ConnectError, httpx.ProxyError) as error:
        raise ServerUnreachableError(f"no server answers at {url} ({error}); hybrid serve starts one") from error
    except httpx.TransportError as error:
        raise ServerUnreachableError(f"the server at {url} went away in the middle of an answer ({error})") from error
    except httpx.RequestError as error:  # a body that is not compressed as it says
        raise protocol_error(f"the answer of {url} cannot be read ({error})") from error
    except httpx.InvalidURL as error:
        raise InputError(f"url {url!r} is none: {error}") from error
