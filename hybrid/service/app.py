"""The application: its parts put together, its routes, and how it starts and stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from hybrid import __version__
from hybrid._runtime import log_info
from hybrid.errors import (
    CorpusLockedError,
    HybridError,
    InputError,
    MissingExtraError,
    ServiceBusyError,
    SettingsError,
)

try:
    import fastapi
    import prometheus_client  # noqa: F401 - of the same extra: what is missing is said before anything is begun
    import python_multipart  # noqa: F401 - as above
except ModuleNotFoundError as error:
    raise MissingExtraError(f"hybrid serve needs {error.name}", "service") from error

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from hybrid.service import asking, assets, changing, failures, looking, openai, schemas
from hybrid.service.corpora import Corpora
from hybrid.service.job_store import JobStore
from hybrid.service.jobs import Jobs
from hybrid.service.keys import STATE, Keys, keys_of
from hybrid.service.limits import BodyLimit, Open, Rates
from hybrid.service.metrics import Measured, Metrics
from hybrid.service.state import DroppedError, Served, Service, hidden_paths, of_role
from hybrid.service.tracing import Traced
from hybrid.service.work import Workers
from hybrid.settings.service import ServiceSettings
from hybrid.stores.database import looks_like_corpus
from hybrid.stores.files import is_disk_full

_LOG = logging.getLogger("hybrid.service")
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorResponse, "description": meaning}
    for status, meaning in {
        401: "No API key, or one that is not known",
        403: "The key may not do this",
        404: "Not there, or another tenant's",
        413: "The body is too large",
        422: "An argument cannot be used; it is named",
        429: "Too many requests of this key; Retry-After says when to come back",
        503: "The server has too much to do; Retry-After says when to come back",
        504: "There was no answer in time",
    }.items()
}


def create_app(
    root: str | PathLike[str], settings: ServiceSettings | None = None, *, without_keys: bool = False
) -> FastAPI:
    """The ASGI application over the corpora in the folder ``root``.

    One process serves a folder: models are loaded once, and jobs have one owner. A second one fails as it starts.

    Args:
        root: the folder; each folder in it that is a corpus is served by its name. It is created if it is new.
        settings: limits, folders that may be ingested from, and so on.
        without_keys: whether everybody who reaches it may do everything as long as there is no API key. Only for a
            server that nothing but its own machine reaches.

    Raises:
        MissingExtraError: the extra ``service`` is not installed.
        SettingsError: there is no key, and ``without_keys`` is false; or a folder of the settings is not there.
        InputError: ``root`` is a corpus, or no folder.

    Example:
        >>> app = create_app(folder)  # uvicorn.run(app)
    """
    given = settings or ServiceSettings()
    folder = Path(root).absolute()
    if looks_like_corpus(folder):
        raise InputError(f"{root} is a corpus; name the folder that it is in, and it is served as {folder.name!r}")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{root} is a file; name a folder that has corpora in it, or will have")
    missing = [f"{name} = {path}" for name, path in given.folders.items() if not path.is_dir()]
    if missing:
        raise SettingsError(f"folders.{missing[0]}: there is no such folder")
    keys = keys_of(folder)
    if not keys.all() and not without_keys:
        raise SettingsError(
            f"there is no API key for {root}, and without one anybody could ask: make one with hybrid keys add "
            f"{root} NAME, or listen to this machine alone, at 127.0.0.1"
        )

    metrics = Metrics()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncGenerator[None, None]:
        async with serving(folder, given, keys, metrics, without_keys=without_keys) as service:
            app.state.service = service
            yield

    app = FastAPI(
        title="hybrid",
        version=__version__,
        description="Corpora of documents that were read once: answers with citations that can be checked.",
        lifespan=life,
        docs_url=None,  # both pages load scripts from another host
        redoc_url=None,
        responses=_ERRORS,
    )
    for part in (asking, looking, changing, openai, assets):
        app.include_router(part.router)
    app.include_router(_health())
    _handle_errors(app)
    app.add_middleware(BodyLimit, limits=given.limits)
    app.add_middleware(Measured, metrics=metrics)
    app.add_middleware(Traced)
    return app


@asynccontextmanager
async def serving(
    root: Path, settings: ServiceSettings, keys: Keys, metrics: Metrics, *, without_keys: bool
) -> AsyncGenerator[Service, None]:
    """The parts of a server, from its start to its end."""
    store = JobStore(root / STATE)
    with owned(root):
        corpora = Corpora(root, settings.server.corpus_settings)
        hidden = hidden_paths(root, settings.folders)
        work = changing.JobWork(corpora, store, settings.folders, settings.jobs.workers, settings.jobs.cluster)
        service = Service(
            settings=settings,
            corpora=corpora,
            keys=keys,
            store=store,
            jobs=Jobs(store, settings.jobs, work, lambda error: service.told(error), metrics.job),
            answering=Workers(settings.limits, settings.limits.running),
            looking=Workers(settings.limits, settings.limits.looking),
            rates=Rates(settings.limits),
            open=Open(settings.limits),
            metrics=metrics,
            hidden=hidden,
            loop=asyncio.get_running_loop(),
            without_keys=without_keys,
        )
        both = (service.answering, service.looking)
        metrics.watch("requests_running", "Requests that are worked on", lambda: sum(one.running for one in both))
        metrics.watch("requests_waiting", "Requests in line for that", lambda: sum(one.waiting for one in both))
        metrics.watch("requests_dropped", "Requests whose work was stopped", lambda: sum(one.dropped for one in both))
        await asyncio.to_thread(corpora.finish_deletions)
        service.jobs.start()
        loading = asyncio.create_task(_load(service))
        log_info(_LOG, "server started", root=str(root), jobs=sum(service.jobs.counts().values()))
        try:
            yield service
        finally:
            service.begin_stopping()
            for one in both:
                one.close()
            await service.jobs.stop()
            loading.cancel()
            await asyncio.wait([loading])
            await asyncio.to_thread(corpora.close)
            log_info(_LOG, "server stopped", root=str(root))


@contextmanager
def owned(root: Path) -> Iterator[None]:
    """The folder is this server's inside the block. Raises `CorpusLockedError` where it is another's."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(root / STATE / "server.lock", timeout=0):
            yield
    except Timeout:
        raise CorpusLockedError(f"another server serves {root}: one process serves a folder") from None


async def _load(service: Service) -> None:
    if service.settings.server.preload:
        await asyncio.to_thread(service.corpora.preload)
    service.ready = not service.answering.closing  # it may have been told to stop meanwhile


def _handle_errors(app: FastAPI) -> None:
    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HybridError)
        status = failures.status_of(error)
        if status == 500:
            _LOG.error("%s: %s", type(error).__name__, error)
        return failures.response_of(error, request.app.state.service.hidden)

    async def failing_disk(_: Request, error: Exception) -> Response:
        if not is_disk_full(error):
            raise error
        return failures.response_of(ServiceBusyError("the server's disk is full: whoever runs it has to make room", 60))

    async def gone(*_: object) -> Response:
        return Response(status_code=499)

    async def unexpected(*_: object) -> JSONResponse:
        return failures.unexpected()

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        return failures.invalid_body(request, error)

    async def refused_by_http(request: Request, error: Exception) -> JSONResponse:
        return failures.refused_by_http(request, error)

    handlers: dict[Any, Callable[[Request, Exception], Any]] = {
        HybridError: refused,
        RequestValidationError: invalid,
        HTTPException: refused_by_http,
        ClientDisconnect: gone,
        DroppedError: gone,
        OSError: failing_disk,
        Exception: unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _health() -> fastapi.APIRouter:
    router = fastapi.APIRouter(tags=["Server"])

    @router.get("/health", response_model=schemas.HealthResponse)
    async def health() -> schemas.HealthResponse:
        """Whether the process is alive."""
        return schemas.HealthResponse(status="alive", version=__version__)

    @router.get("/ready", response_model=schemas.HealthResponse, responses={503: {"model": schemas.HealthResponse}})
    async def ready(service: Served) -> Response:
        """Whether it answers without having to load models first, and is not stopping."""
        said = "ready" if service.ready else "stopping" if service.answering.closing else "loading"
        answer = asking.as_json(schemas.HealthResponse(status=said, version=__version__))
        answer.status_code = 200 if service.ready else 503
        return answer

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
        dependencies=[Depends(of_role("monitor"))],
    )
    async def metrics(service: Served) -> Response:
        """What Prometheus reads (role monitor, or none where there are no keys)."""
        return Response(service.metrics.text(service.jobs.counts()), media_type="text/plain; version=0.0.4")

    return router
