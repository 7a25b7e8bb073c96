"""Mails as EML files: threads, quoted replies, attachments, one copy for every mailbox that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import PurePosixPath

from dispute.blocks import Mail
from dispute.people import PEOPLE, Person
from dispute.write_papers import write_paper

_TYPES = {
    "pdf": ("application", "pdf"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "txt": ("text", "plain"),
}


def write_mails(mails: Sequence[Mail]) -> dict[str, bytes]:
    """The files by path, ``mail/<mailbox>/<date>-<key>.eml``."""
    by_key = {mail.key: mail for mail in mails}
    return {path_of(mail, box): _message(mail, PEOPLE[box], by_key) for mail in mails for box in mail.boxes}


def path_of(mail: Mail, box: str) -> str:
    """Where the copy in one mailbox lies."""
    return f"mail/{box}/{mail.sent:%Y-%m-%d}-{mail.key}.eml"


def body_of(mail: Mail, by_key: Mapping[str, Mail]) -> str:
    """The mail's own words, the sender's signature, and the mail it answers, quoted."""
    text = f"{mail.body.strip()}\n\n{PEOPLE[mail.sender].signature}"
    if mail.answers is None:
        return text + "\n"
    before = by_key[mail.answers]
    quoted = "\n".join(f"> {line}".rstrip() for line in body_of(before, by_key).rstrip().splitlines())
    return f"{text}\n\nOn {before.sent:%d %B %Y at %H:%M}, {PEOPLE[before.sender].name} wrote:\n{quoted}\n"


def _message(mail: Mail, owner: Person, by_key: Mapping[str, Mail]) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = PEOPLE[mail.sender].address_line
    message["To"] = ", ".join(PEOPLE[one].address_line for one in mail.to)
    if mail.cc:
        message["Cc"] = ", ".join(PEOPLE[one].address_line for one in mail.cc)
    message["Date"] = format_datetime(mail.sent)
    message["Subject"] = mail.subject
    message["Message-ID"] = _message_id(mail)
    if mail.answers is not None:
        earlier = _thread(by_key[mail.answers], by_key)
        message["In-Reply-To"], message["References"] = earlier[-1], " ".join(earlier)
    message["X-Custodian"] = owner.name
    message.set_content(body_of(mail, by_key), cte="quoted-printable")
    for paper in mail.attached:
        name = PurePosixPath(paper.path).name
        kind, subtype = _TYPES[name.rpartition(".")[2]]
        message.add_attachment(write_paper(paper), maintype=kind, subtype=subtype, filename=name)
    if message.is_multipart():
        message.set_boundary(f"=_{mail.key}_{mail.sent:%Y%m%d%H%M}")  # else a random one
    return message.as_bytes()


def _message_id(mail: Mail) -> str:
    domain = PEOPLE[mail.sender].address.partition("@")[2]
    return f"<{mail.sent:%Y%m%d%H%M}.{mail.key}@{domain}>"


def _thread(mail: Mail, by_key: Mapping[str, Mail]) -> list[str]:
    before = _thread(by_key[mail.answers], by_key) if mail.answers is not None else []
    return [*before, _message_id(mail)]
