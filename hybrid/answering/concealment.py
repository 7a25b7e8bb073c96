"""What people write who do not want something written down."""

from __future__ import annotations

import re

CONCEALS = re.compile(
    r"\b(?:rather than|instead of) (?:write|writing|e-?mail\w*|put\w*)\b|\b(?:do not|don't|please not|not to"
    r"|stop) (?:\w+ )?"
    r"(?:writ\w+|e-?mail\w*|forward\w*|put\w*\b.{0,40}?\b(?:down|in (?:an? )?(?:e-?mails?|mails?|writing)"
    r"|on paper)|tell|mention)\b"
    r"|\b(?:not|nothing) in writing\b|\bdelete (?:this|it|the mail|these)\b|\bbetween (?:us|you and me|ourselves)\b"
    r"|\boff the record\b|\bkeep (?:this|it) (?:quiet|to yourself|between)\b|\bno(?:body|one| one) (?:needs?"
    r"|will|has|should) "
    r"(?:to )?(?:ever )?(?:know|find out|notice)\b|\bsay nothing\b|\b(?:speak|talk|call me"
    r"|ring me)\b.{0,40}\brather than\b",
    re.IGNORECASE,
)
"""What people write who do not want it written down; beside what they knew it is quoted."""
CONCEALING = "Do not write this down or put it in a mail; let us speak instead. Delete this. Keep it between us."
"""What is searched for to find it."""
