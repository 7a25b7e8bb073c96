"""Text to token ids and back, and chat messages to a prompt.

Special tokens count only where the chat template writes them: ``<|im_end|>`` inside a document or a
question is plain text, so no document can end a message or start one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from hybrid.errors import MissingModelError, UnsupportedModelError

_CONTENT = re.compile("\ue000(\\d+)\ue001")
_CONTROL_TOKEN, _USER_TOKEN = 3, 4


class ChatTokenizer:
    """A byte-pair tokenizer with a chat template.

    Args:
        tokenizer: the trained tokenizer.
        template: a Jinja chat template as transformers uses it; None: ``role: text`` lines.
        stop_ids: tokens that end a generated message.

    Example:
        >>> tokenizer = ChatTokenizer.from_directory(Path("model"), ())  # doctest: +SKIP
        >>> tokenizer.decode(tokenizer.encode("to wit"))  # doctest: +SKIP
        'to wit'
    """

    def __init__(self, tokenizer: Tokenizer, template: str | None, stop_ids: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        self._template = template
        ends = [tokenizer.token_to_id(token) for token in ("<|endoftext|>", "<|im_end|>")]
        self.stop_ids = frozenset(stop_ids) | {end for end in ends if end is not None}
        #: Put between documents while reading.
        self.end_of_document = ends[0] if ends[0] is not None else min(self.stop_ids, default=0)

    @classmethod
    def from_gguf(cls, fields: Mapping[str, Any], stop_ids: Sequence[int], where: str) -> ChatTokenizer:
        """Build it from a GGUF header. Raises `UnsupportedModelError` for kinds other than SmolLM's byte-level BPE."""
        kind = f"{fields.get('tokenizer.ggml.model')}/{fields.get('tokenizer.ggml.pre')}"
        if kind != "gpt2/smollm":
            raise UnsupportedModelError(f"{where}: GGUF tokenizer {kind} is not supported; supported: gpt2/smollm")
        tokens: list[str] = fields["tokenizer.ggml.tokens"]
        merges = [tuple(merge.split(" ")) for merge in fields.get("tokenizer.ggml.merges", ())]
        tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        kinds = fields["tokenizer.ggml.token_type"]
        special = [t for t, k in zip(tokens, kinds, strict=True) if k in (_CONTROL_TOKEN, _USER_TOKEN)]
        tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
        return cls(tokenizer, fields.get("tokenizer.chat_template"), stop_ids)

    @classmethod
    def from_directory(cls, folder: Path, stop_ids: Sequence[int]) -> ChatTokenizer:
        """Read ``tokenizer.json`` and the chat template of a Hugging Face directory."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise MissingModelError(f"{folder} has no tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise UnsupportedModelError(f"{path} cannot be read: {error}") from error
        template = folder / "chat_template.jinja"
        if template.is_file():
            return cls(tokenizer, template.read_text(encoding="utf-8"), stop_ids)
        config = folder / "tokenizer_config.json"
        raw = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
        found = raw.get("chat_template")
        return cls(tokenizer, found if isinstance(found, str) else None, stop_ids)

    @property
    def size(self) -> int:
        """How many token ids there are."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text: a special token's name in it is text like any other."""
        self._tokenizer.encode_special_tokens = True
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids, special tokens left out."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def encode_chat(self, messages: Sequence[tuple[str, str]]) -> list[int]:
        """Token ids of (role, text) messages up to where the assistant's next message starts."""
        ids: list[int] = []
        for number, piece in enumerate(_CONTENT.split(self._render([role for role, _ in messages]))):
            if number % 2:
                ids += self.encode(messages[int(piece)][1])
            elif piece:
                self._tokenizer.encode_special_tokens = False
                ids += self._tokenizer.encode(piece, add_special_tokens=False).ids
        return ids

    def _render(self, roles: Sequence[str]) -> str:
        """The prompt with a placeholder for each message's text."""
        messages = [{"role": role, "content": f"\ue000{n}\ue001"} for n, role in enumerate(roles)]
        if self._template is None:
            return "".join(f"{m['role']}: {m['content']}\n" for m in messages) + "assistant:"
        from jinja2.exceptions import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        # As transformers compiles templates; a template comes with a model and may do nothing but format.
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        try:
            return environment.from_string(self._template).render(messages=messages, add_generation_prompt=True)
        except TemplateError as error:
            raise UnsupportedModelError(f"the model's chat template cannot be used: {error}") from error
