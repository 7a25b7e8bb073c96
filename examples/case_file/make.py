"""Write a fictional supply dispute: contracts, mail, invoices, minutes, letters, and a key to ask them by.

    python examples/case_file/make.py TARGET

TARGET is a new or empty folder. The documents go to TARGET/case, the key to TARGET/key.jsonl. The bytes are the
same on every run. Needs fpdf2, which is among the development dependencies.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    from dispute import bundle, key
except ModuleNotFoundError as error:
    sys.exit(f"the case file cannot be written without {error.name}: pip install fpdf2 python-docx")


def main(arguments: list[str]) -> int:
    """Writes the files and prints what was written."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    target = Path(arguments[0])
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        print(f"{target} is not an empty folder; name a new one", file=sys.stderr)
        return 1
    for path, data in bundle.files().items():
        file = target / "case" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (target / "key.jsonl").write_text(key.as_jsonl(), encoding="utf-8")
    count = bundle.count()
    print(f"{count.documents} documents: {count.files} files and {count.attachments} attachments of mails")
    print(f"{count.pages} pages: {count.pdf_pages} of PDF and, by their page breaks, {count.docx_pages} of DOCX")
    print(f"{len(key.key())} questions in {target / 'key.jsonl'}")
    print(f"sha256 {bundle.digest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
