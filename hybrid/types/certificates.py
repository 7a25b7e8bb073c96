"""Proof that a document was deleted: what went, and what the memory's weights were and are."""

from __future__ import annotations

import json
from typing import Literal, Self

from pydantic import Field

from hybrid.text.formatting import one_line
from hybrid.types.base import FrozenModel, Shown
from hybrid.types.documents import sha256_hex


class DeletedDocument(FrozenModel):
    """A document that went: hashes of its file's bytes and of its canonical text, and the names that it had."""

    sources: tuple[str, ...]
    sha256: str
    text_sha256: str


class CertifiedPart(FrozenModel):
    """Tokens ``start`` to ``end`` of the document with that sha256, of which ``of`` is the whole length."""

    sha256: str
    start: int
    end: int
    of: int


class CertifiedVolume(FrozenModel):
    """A volume of the memory: what it was adapted to, in this order, and the sha256 of the tensors that this gave;
    ``exercises_sha256`` is of the questions with answers that it was adapted to besides, where there were any."""

    digest: str
    tensors_sha256: str
    access_class: str
    parts: tuple[CertifiedPart, ...]
    exercises_sha256: str | None = None


class DeletionCertificate(Shown, FrozenModel):
    """What one removal did to a corpus.

    Attributes:
        at: when, UTC, ISO 8601.
        commit: the corpus's commit afterwards.
        removed: the documents that went.
        identity: the memory's model and settings; ``None`` where the corpus has no memory.
        before: the volumes that held one of the removed documents; their tensors are gone.
        after: the volumes that what they held besides was adapted to, from the initial weights.
        untouched: the tensors' sha256 of every other volume, by its digest.
        complete: whether the memory holds everything again that is still in the corpus, and what searches the
            vectors has no more of what was removed.

    Example:
        >>> report = corpus.remove("draft.docx")
        >>> Path("certificate.json").write_text(report.certificate.to_json())
        >>> corpus.verify_deletion(report.certificate).holds
        True
    """

    format: Literal["hybrid-deletion/1"] = "hybrid-deletion/1"
    at: str
    commit: int
    removed: tuple[DeletedDocument, ...]
    identity: str | None = None
    before: tuple[CertifiedVolume, ...] = ()
    after: tuple[CertifiedVolume, ...] = ()
    untouched: dict[str, str] = Field(default_factory=dict)
    complete: bool = True

    @property
    def sha256(self) -> str:
        """Of all that it says."""
        return sha256_hex(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode())

    def to_json(self) -> str:
        """The certificate with its own sha256, which `from_json` checks."""
        return json.dumps(self.model_dump(mode="json") | {"certificate_sha256": self.sha256}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read one. Raises `InputError` where it is none, or was changed since it was written."""
        from hybrid.errors import InputError

        try:
            fields = json.loads(text)
            stated = fields.pop("certificate_sha256")
        except (ValueError, AttributeError, KeyError, TypeError):
            raise InputError(
                "this is no deletion certificate: it is no JSON object with a certificate_sha256"
            ) from None
        found = cls.model_validate(fields)
        if found.sha256 != stated:
            raise InputError("this deletion certificate was changed after it was written: its sha256 does not fit")
        return found

    def __str__(self) -> str:
        names = ", ".join(name for one in self.removed for name in one.sources) or "no document"
        again = f"{len(self.after)} adapted again, {len(self.untouched)} untouched"
        memory = "no memory" if self.identity is None else f"volumes: {len(self.before)} dropped, {again}"
        return one_line(f"{self.at}, commit {self.commit}: {names} deleted; {memory}; certificate {self.sha256[:16]}")


class DeletionCheck(Shown, FrozenModel):
    """What `Corpus.verify_deletion` found: ``proved`` statements, ``open`` ones that cannot be proved any more because
    the corpus has changed since, and ``failed`` ones."""

    proved: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    def __str__(self) -> str:
        lines = [f"{word}: {line}" for word, lines in (("proved", self.proved), ("open", self.open),
                 ("FAILED", self.failed)) for line in lines]  # fmt: skip
        return "\n".join(map(one_line, [*lines, "the certificate holds" if self.holds else "it does not hold"]))
