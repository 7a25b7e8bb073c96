"""What a mail answers to one that it quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.answering.evidence import Sentence, Texts, collapse, own_sentences
from hybrid.answering.quoted import MAIL
from hybrid.answering.selection import actuality, boilerplate
from hybrid.answering.verification.contradiction import ROLES
from hybrid.text import lexicon, quoted_mails

REPLY_SHARE = 0.6
"""Share of a question's words that a mail and what it quotes must hold for its "No." to be an answer; not measured."""
_POLAR = re.compile(r"(?:did|has|have|had|was|were|is|are|does|do)\b", re.IGNORECASE)
_ADDRESSED = re.compile(
    r"^(?:(?:Hi|Hello|Dear|Hey) )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?,\s+(?=\w)|^(?:Hi|Hello|Hey),?\s+"
)
_RESPONSE = re.compile(
    r"(?:no|yes|agreed(?! in principle)|accepted|declined|refused|confirmed|never|certainly|absolutely"
    r"|of course|not at all"
    r"|(?:i|we) (?:will|shall|can) ?not|i refuse|we refuse|fine)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"(?:yes|agreed|accepted|confirmed|of course|certainly|fine|approved)\b", re.IGNORECASE)


def replies(texts: Texts, question: str, found: Sequence[Sentence]) -> list[Sentence]:
    """What a mail answers to one that it quotes ("No."), where the quoted one holds what a yes-or-no question is
    about: the answer, and the sentence after it."""
    if _POLAR.match(question) is None or not actuality.asks_what_happened(question):
        return []
    asked = set(lexicon.content_words(question)) - set(lexicon.names(question)) - ROLES
    asked -= {lexicon.stem(word.lower()) for word in question.split() if actuality.is_decision(word)}
    facts = lexicon.facts(question).required
    for document_id in dict.fromkeys(one.document_id for one in found):
        document = texts.document(document_id)
        cut = quoted_mails.own_end(document.text)
        if document.media_type != MAIL or cut == len(document.text):
            continue
        own = [one for one in own_sentences(document_id, document, cut) if boilerplate.is_statement("", one.text)]
        at = next((n for n, one in enumerate(own[:3]) if _RESPONSE.match(_ADDRESSED.sub("", one.text))), None)
        if at is None:
            continue
        answered = f"{own[at].text}\n{document.text[cut:]}"
        held = asked & set(lexicon.content_words(answered))
        if held and len(held) >= REPLY_SHARE * len(asked) and facts <= lexicon.facts(answered).provided:
            return own[at : at + 2]
    return []


def says_yes(reply: Sentence) -> bool:
    """Whether a reply begins by a word of assent."""
    return _YES.match(_ADDRESSED.sub("", collapse(reply.text))) is not None
