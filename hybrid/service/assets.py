"""The page at ``/``: files of this package, which hold no data. What they show they ask for as every client does."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.display.answers import DRAFT, MEANING, ORIGINS, SIGNS
from hybrid.types.documents import sha256_hex
from hybrid.types.reports import MEMORY_STATES

router: APIRouter = APIRouter(include_in_schema=False)
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",  # page images come with an API key, which an address could not carry
        "connect-src 'self'",
        "form-action 'none'",  # a form that its script did not take would put an API key into the address
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # no text becomes markup, whoever forgets it
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    """The files by name, with their media types. No path of a request is ever opened."""
    found = {}
    for file in files("hybrid.service").joinpath("page").iterdir():
        media_type = _TYPES.get(file.name.rpartition(".")[2])
        if media_type is not None:
            found[file.name] = (file.read_bytes(), f"{media_type}; charset=utf-8")
    words = {
        "verdicts": {name: {"sign": SIGNS[name], "meaning": meaning} for name, meaning in MEANING.items()},
        "origins": ORIGINS,
        "drafts": DRAFT,
        "memory": MEMORY_STATES,
        "cautions": [NOT_CONFIDENT],  # what belongs above an answer, not below it
    }
    found["words.json"] = (json.dumps(words, ensure_ascii=False).encode(), "application/json")
    return found


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The page."""
    return _answer(request, "index.html")


@router.api_route("/page/{name}", methods=["GET", "HEAD"])
async def asset(request: Request, name: str) -> Response:
    """One of its files."""
    return _answer(request, name)


def _answer(request: Request, name: str) -> Response:
    if name not in _assets():
        raise HTTPException(404)
    content, media_type = _assets()[name]
    headers = {**_HEADERS, "ETag": f'"{sha256_hex(content)[:32]}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
