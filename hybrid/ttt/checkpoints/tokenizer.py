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

from tokenizers import Tokenizer

from hybrid.errors import MissingModelError, UnsupportedModelError
from hybrid.ttt.checkpoints.gguf import tokenizer_from_gguf

_CONTENT = re.compile("\ue000(\\d+)\ue001")


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

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: str | None,
        stop_ids: Sequence[int],
        named_tokens: Mapping[str, str] | None = None,
    ) -> None:
        """``named_tokens`` are those that a template may ask for: ``bos_token`` and ``eos_token``."""
        self._tokenizer = tokenizer
        self._template = template
        self._named_tokens = dict(named_tokens or {})
        added = tokenizer.get_added_tokens_decoder().items()
        self._special_ids = {token.content: number for number, token in added if token.special}
        longest_first = sorted(self._special_ids, key=len, reverse=True)
        self._special = re.compile(f"({'|'.join(map(re.escape, longest_first))})") if longest_first else None
        ends = [tokenizer.token_to_id(token) for token in ("<|endoftext|>", "<|im_end|>")]
        last = tokenizer.token_to_id(self._named_tokens.get("eos_token", ""))
        self.stop_ids = frozenset(stop_ids) | {end for end in (*ends, last) if end is not None}
        #: Put between documents in training.
        self.end_of_document = ends[0] if ends[0] is not None else min(self.stop_ids, default=0)

    @classmethod
    def from_gguf(cls, header: Mapping[str, Any], stop_ids: Sequence[int], where: str) -> ChatTokenizer:
        """Build it from a GGUF header. Raises `UnsupportedModelError`, naming the kind, if that is not supported."""
        tokenizer = tokenizer_from_gguf(header, where)
        tokens: list[str] = header["tokenizer.ggml.tokens"]
        named = {
            f"{name}_token": tokens[header[f"tokenizer.ggml.{name}_token_id"]]
            for name in ("bos", "eos")
            if f"tokenizer.ggml.{name}_token_id" in header
        }
        return cls(tokenizer, header.get("tokenizer.chat_template"), stop_ids, named)

    @classmethod
    def from_directory(cls, folder: Path, stop_ids: Sequence[int]) -> ChatTokenizer:
        """Read ``tokenizer.json``, the chat template and the named tokens of a Hugging Face directory."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise MissingModelError(f"{folder} has no tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise UnsupportedModelError(f"{path} cannot be read: {error}") from error
        config = folder / "tokenizer_config.json"
        try:
            raw = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
        except ValueError as error:
            raise UnsupportedModelError(f"{config} is not JSON: {error}") from error
        named = {}
        for name in ("bos_token", "eos_token"):
            token = raw.get(name)
            token = token.get("content") if isinstance(token, dict) else token
            if isinstance(token, str):
                named[name] = token
        template = folder / "chat_template.jinja"
        found = template.read_text(encoding="utf-8") if template.is_file() else raw.get("chat_template")
        return cls(tokenizer, found if isinstance(found, str) else None, stop_ids, named)

    def save(self, folder: Path) -> None:
        """Write what `from_directory` reads back. Raises `OSError` where it cannot be written."""
        (folder / "tokenizer.json").write_text(self._tokenizer.to_str(), encoding="utf-8")
        config = self._named_tokens | ({} if self._template is None else {"chat_template": self._template})
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")

    @property
    def has_template(self) -> bool:
        """Whether the model came with a chat template."""
        return self._template is not None

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
        plain = ""  # what lies between two special tokens is tokenised as one, as transformers does
        for number, piece in enumerate(_CONTENT.split(self._render([role for role, _ in messages]))):
            if number % 2:
                plain += messages[int(piece)][1]
                continue
            for part in self._special.split(piece) if self._special else [piece]:
                if part not in self._special_ids:
                    plain += part
                    continue
                ids += [*(self.encode(plain) if plain else ()), self._special_ids[part]]
                plain = ""
        return ids + (self.encode(plain) if plain else [])

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
            template = environment.from_string(self._template, {"raise_exception": _refuse})
            return template.render(messages=messages, add_generation_prompt=True, **self._named_tokens)
        except TemplateError as error:
            raise UnsupportedModelError(f"the model's chat template cannot be used: {error}") from error


def _refuse(message: str) -> None:
    """What templates call where they cannot format the messages."""
    from jinja2.exceptions import TemplateError

    raise TemplateError(message)
