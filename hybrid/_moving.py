"""Moving a corpus: what `Corpus.export` and `Corpus.import_` do, of a corpus that is open or not made yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hybrid import _arguments, _open
from hybrid._async import until_stopped
from hybrid.errors import AccessError
from hybrid.types.identities import Identity

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress
    from hybrid.stores.catalog import Catalog
    from hybrid.types.reports import ExportReport

Result = TypeVar("Result")


def export(
    catalog: Catalog,
    directory: Path,
    identity: Identity | None,
    where: Path,
    exact_up_to: int,
    progress: Progress | bool | None,
    wait: float,
) -> ExportReport:
    """See `Corpus.export`; ``identity`` asks for it."""
    from hybrid.archive.exporting import export
    from hybrid.display.progress import shown

    with shown(_arguments.progress_of(progress)) as report:
        if identity is not None and not identity.every_class:
            raise AccessError(
                f"an export holds documents of every class, and this corpus is seen as {identity.name!r}: export it as "
                "an identity with every_class=True, on the command line with --identity and --every-class"
            )
        _open.finish_erasure(catalog, directory)
        with (
            _open.unreachable_errors(directory),
            catalog.write_lock(directory, wait) if catalog.writable else nullcontext(),
            catalog.reading(None),
            catalog.read_transaction(),
        ):
            return export(catalog, directory, where, exact_up_to, partial(_open.checked, catalog, directory), report)


def import_(
    file: Path,
    where: Path,
    settings: object,
    sha256: str | None,
    progress: Progress | bool | None,
    check: Callable[[Path], None],
) -> None:
    """See `Corpus.import_`; ``check`` opens the corpus in a folder as it is to be opened, and raises what is wrong."""
    from hybrid.archive.importing import import_
    from hybrid.display.progress import shown

    given = _open.given_settings(settings)
    if sha256 is not None:
        _arguments.sha256_of("sha256", sha256)
    with shown(_arguments.progress_of(progress)) as report, _open.unreachable_errors(where):
        _open.check_new(where, given)
        import_(file, where, sha256, _open.stores_of(given), tensors_sha256, check, report)


async def awaited(work: Callable[[Progress], Result], progress: Progress | bool | None) -> Result:
    """What ``work`` returns, which reports to ``progress`` and stops there when this task is cancelled."""
    from hybrid.display.progress import shown

    with shown(progress) as report:
        return await until_stopped(work, report)


def tensors_sha256(tensors: Mapping[str, Any]) -> str:
    """`hybrid.ttt.volumes.tensors_sha256`, which loads PyTorch when it is called."""
    from hybrid.ttt import volumes

    return volumes.tensors_sha256(tensors)
