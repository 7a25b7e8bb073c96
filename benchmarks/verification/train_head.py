"""Train the entailment and ranking head.

    python benchmarks/verification/train_head.py --data PAIRS --base MODEL --out FOLDER
    python benchmarks/verification/train_head.py --data PAIRS --base MODEL --pack tokens.npz    # tokens alone
    python benchmarks/verification/train_head.py --tokens tokens.npz --base MODEL --out FOLDER --seconds 80

PAIRS is the folder that `benchmarks/datasets/head_pairs.py` writes, MODEL a folder with a BERT of sentence-transformers
(config.json, model.safetensors, tokenizer.json). The same seed, device and data give the same weights up to the order
of floating-point sums. On a GPU it computes in bfloat16, on a CPU with ``--bfloat16``. ``--seconds`` ends training by
the clock: the learning rate is laid out over the time that is left, so a slow machine ends with a finished schedule
over fewer pairs.

The loss of a pair: of entailment, cross-entropy over three labels, or, where a pair is only known not to be entailed,
that of the two others together; of relevance, binary cross-entropy. Both are smoothed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402 - the clock starts before the imports, which take seconds
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from transformers import BertConfig  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))

from head import CrossEncoder, dequantise, margin, quantise, save  # noqa: E402

LABELS = ("entailment", "neutral", "contradiction", "not", "relevant", "irrelevant")
LONGEST = 224
SMOOTHING = 0.05


# Data: tokens of all pairs in one row, with the end of each pair and of its first text


def pack(data: Path, base: Path, out: Path) -> None:
    """Write the tokens of training and evaluation pairs."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST, strategy="only_second")
    tokenizer.no_padding()
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "evaluation"):
        pairs = [json.loads(line) for line in (data / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]
        pairs = [pair for pair in pairs if len(tokenizer.encode(pair["first"]).ids) < LONGEST - 32]
        encoded = tokenizer.encode_batch([(pair["first"], pair["second"]) for pair in pairs])
        names = sorted({pair["set"] for pair in pairs})
        kinds = sorted({pair["kind"] for pair in pairs})
        arrays |= {
            f"{part}.ids": np.array([token for one in encoded for token in one.ids], dtype=np.uint16),
            f"{part}.length": np.array([len(one.ids) for one in encoded], dtype=np.uint16),
            f"{part}.first": np.array([one.type_ids.index(1) for one in encoded], dtype=np.uint16),
            f"{part}.label": np.array([LABELS.index(pair["label"]) for pair in pairs], dtype=np.uint8),
            f"{part}.set": np.array([names.index(pair["set"]) for pair in pairs], dtype=np.uint8),
            f"{part}.kind": np.array([kinds.index(pair["kind"]) for pair in pairs], dtype=np.uint16),
            f"{part}.sets": np.array(names),
            f"{part}.kinds": np.array(kinds),
        }
    np.savez_compressed(out, **arrays)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {len(arrays['train.label'])} pairs to train on")


class Pairs:
    """The pairs of a part of a packed file."""

    def __init__(self, arrays: dict[str, np.ndarray], part: str) -> None:
        self.ids, self.length, self.first, self.label, self.set, self.kind, self.sets, self.kinds = (
            arrays[f"{part}.{name}"] for name in ("ids", "length", "first", "label", "set", "kind", "sets", "kinds")
        )
        self.length = self.length.astype(np.int64)
        self.start = np.concatenate([[0], np.cumsum(self.length)[:-1]])

    def __len__(self) -> int:
        return len(self.label)

    def named(self, index: int) -> str:
        """The name of the set that a pair is from."""
        return str(self.sets[self.set[index]])

    def batch(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens, segment types and mask of pairs, padded to a multiple of 16."""
        width = -(-int(self.length[chosen].max()) // 16) * 16
        column = np.arange(width)
        mask = column < self.length[chosen][:, None]
        place = np.minimum(self.start[chosen][:, None] + column, len(self.ids) - 1)
        ids = np.where(mask, self.ids[place], 0).astype(np.int64)
        types = (mask & (column >= self.first[chosen][:, None])).astype(np.int64)
        return ids, types, mask.astype(np.int64)


def batches(pairs: Pairs, chosen: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Shuffled batches of pairs of like length: each of 40 batches' worth is sorted and cut."""
    order = rng.permutation(chosen)
    for start in range(0, len(order), 40 * size):
        block = order[start : start + 40 * size]
        block = block[np.argsort(pairs.length[block], kind="stable")]
        cut = [block[i : i + size] for i in range(0, len(block), size)]
        for index in rng.permutation(len(cut)):
            yield cut[index]


# Training


def loss(logits: Tensor, label: Tensor) -> Tensor:
    """The mean loss of a batch; see the top of the file."""
    logits = logits.float()
    three = F.log_softmax(logits[:, :3], dim=-1)
    other = torch.logsumexp(three[:, 1:], dim=-1)
    smooth, hard = SMOOTHING, 1 - SMOOTHING
    uniform = -three.mean(-1)
    picked = -three.gather(1, label.clamp(max=2).unsqueeze(1)).squeeze(1)
    known = hard * picked + smooth * uniform
    unknown = -hard * other - smooth * three[:, 0]
    wanted = torch.where(label == 4, 1.0 - smooth, smooth)
    asked = F.binary_cross_entropy_with_logits(logits[:, 3], wanted, reduction="none")
    return torch.where(label < 3, known, torch.where(label == 3, unknown, asked)).mean()


def start(base: Path) -> CrossEncoder:
    """The untrained head over the base encoder's weights."""
    config = BertConfig(**json.loads((base / "config.json").read_text(encoding="utf-8")))
    model = CrossEncoder(config)
    weights = {name: value.float() for name, value in load_file(base / "model.safetensors").items()}
    kept = {name: value for name, value in weights.items() if name in model.bert.state_dict()}
    missing = set(model.bert.state_dict()) - set(kept)
    if missing:
        raise ValueError(f"{base} lacks {', '.join(sorted(missing)[:3])}")
    model.bert.load_state_dict(kept)
    return model


def train(
    model: CrossEncoder, pairs: Pairs, chosen: np.ndarray, options: argparse.Namespace, seconds: float
) -> dict[str, Any]:
    """Train in place for ``options.epochs`` or until ``seconds`` have passed; what happened."""
    device = next(model.parameters()).device
    rng = np.random.default_rng(options.seed)
    decayed = [p for name, p in model.named_parameters() if p.ndim == 2]
    plain = [p for name, p in model.named_parameters() if p.ndim != 2]
    fresh = {id(p) for part in (model.hidden, model.out) for p in part.parameters()}
    groups = [
        {
            "params": [p for p in params if (id(p) in fresh) == new],
            "weight_decay": decay,
            "peak": options.lr * (10 if new else 1),
        }
        for params, decay in ((decayed, 0.01), (plain, 0.0))
        for new in (False, True)
    ]
    optimiser = torch.optim.AdamW(groups, lr=options.lr, fused=device.type == "cuda")
    steps = math.ceil(len(chosen) / options.batch) * options.epochs
    began, step, seen, losses = time.perf_counter(), 0, 0, []
    model.train()
    for _ in range(options.epochs):
        for rows in batches(pairs, chosen, options.batch, rng):
            # Share done, by steps or by the clock, whichever is further: the rate reaches nought either way.
            passed = (time.perf_counter() - began) / seconds if seconds < math.inf else 0.0
            done = max(step / steps, passed)
            if done >= 1 or step == options.steps:
                break
            rate = min(1.0, (step + 1) / max(1, 0.06 * steps)) * (1 - done)
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * rate
            ids, types, mask = (torch.from_numpy(array).to(device, non_blocking=True) for array in pairs.batch(rows))
            label = torch.from_numpy(pairs.label[rows].astype(np.int64)).to(device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda" or options.bfloat16):
                logits = model(ids, types, mask)
            value = loss(logits, label)
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step, seen = step + 1, seen + len(rows)
            if step % 50 == 0 or step == 1:
                losses.append((step, round(value.item(), 4)))
                print(f"step {step} of {steps}, loss {losses[-1][1]}, {time.perf_counter() - began:.1f} s", flush=True)
    return {
        "steps": step,
        "planned": steps,
        "pairs": seen,
        "seconds": round(time.perf_counter() - began, 1),
        "losses": losses,
    }


# Measuring


def predict(model: CrossEncoder, pairs: Pairs, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the pairs and their logits [n, 4]."""
    device = next(model.parameters()).device
    order = np.argsort(pairs.length, kind="stable")
    if limit:
        order = np.sort(np.random.default_rng(0).permutation(len(pairs))[:limit])
        order = order[np.argsort(pairs.length[order], kind="stable")]
    found = np.zeros((len(order), 4), dtype=np.float32)
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        for at in range(0, len(order), 256):
            ids, types, mask = (torch.from_numpy(array).to(device) for array in pairs.batch(order[at : at + 256]))
            found[at : at + 256] = model(ids, types, mask).float().cpu().numpy()
    return order, found


def area(positive: np.ndarray, negative: np.ndarray) -> float:
    """How often a positive scores above a negative; half where they tie."""
    if not len(positive) or not len(negative):
        return math.nan
    both = np.concatenate([positive, negative])
    ranks = np.empty(len(both))
    _, inverse, count = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[inverse]
    return float(
        (ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))
    )


def measure(model: CrossEncoder, pairs: Pairs, limit: int | None = None) -> dict[str, Any]:
    """By set: ROC AUC, and precision and recall where the entailment logit is above nought."""
    order, logits = predict(model, pairs, limit)
    label, sets = pairs.label[order], pairs.set[order]
    entailed, related = margin(logits), logits[:, 3]
    figures = {}
    for number, name in enumerate(pairs.sets):
        for task, score, of_task, true in (
            ("entailment", entailed, label < 4, label == 0), ("relevance", related, label > 3, label == 4),
        ):  # fmt: skip
            rows = (sets == number) & of_task
            if rows.any():
                taken = score[rows] > 0
                figures[f"{name}: {task}"] = {
                    "pairs": int(rows.sum()), "auc": round(area(score[rows & true], score[rows & ~true]), 4),
                    "precision": round(float(true[rows][taken].mean()) if taken.any() else math.nan, 4),
                    "recall": round(float(taken[true[rows]].mean()) if true[rows].any() else math.nan, 4),
                }  # fmt: skip
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tokens", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="go on from the head in this folder")
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--without", default="", help="leave out sets whose name begins so")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=-1, help="stop after so many, to try the script")
    parser.add_argument("--pairs", type=int, help="train on a random part of so many")
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--bfloat16", action="store_true", help="on a CPU, too: twice as fast where it has AVX-512 BF16"
    )
    parser.add_argument("--seconds", type=float, default=math.inf, help="end training so many seconds after the start")
    parser.add_argument("--evaluate", type=int, help="measure on a random part of so many")
    options = parser.parse_args()
    if options.pack:
        pack(options.data, options.base, options.pack)
        return
    if options.threads:
        torch.set_num_threads(options.threads)
    tokens = options.tokens
    if tokens is None:
        tokens = options.out / "tokens.npz"
        options.out.mkdir(parents=True, exist_ok=True)
        pack(options.data, options.base, tokens)
    with np.load(tokens) as stored:
        arrays = dict(stored)
    pairs, evaluation = Pairs(arrays, "train"), Pairs(arrays, "evaluation")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(options.seed)
    model = start(options.base).to(device)
    if options.start:
        model.load_state_dict(
            {k: v.to(device).float() for k, v in load_file(options.start / "model.safetensors").items()}
        )
    chosen = np.arange(len(pairs))
    if options.without:
        chosen = np.array([index for index in chosen if not pairs.named(index).startswith(options.without)])
    if options.pairs:
        chosen = np.random.default_rng(options.seed).permutation(chosen)[: options.pairs]
    print(f"{len(chosen)} pairs, {device}, ready after {time.perf_counter() - BEGAN:.1f} s", flush=True)
    history = train(model, pairs, chosen, options, options.seconds - (time.perf_counter() - BEGAN))
    weights = {name: value.detach().float().cpu() for name, value in model.state_dict().items()}
    card = {
        "encoder": json.loads((options.base / "config.json").read_text(encoding="utf-8")), "longest": LONGEST,
        "seed": options.seed, "without": options.without, "start": str(options.start or ""), "lr": options.lr,
        "batch": options.batch, "pairs": len(chosen), "epochs": options.epochs, "history": history,
    }  # fmt: skip
    if options.out:
        save(options.out, weights, card)  # before measuring: a clock may end the run
    card["evaluation"] = measure(model, evaluation, options.evaluate)
    model.load_state_dict({name: value.to(device) for name, value in dequantise(quantise(weights)).items()})
    card["evaluation_int8"] = measure(model, evaluation, options.evaluate)
    if options.out:
        (options.out / "head.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
    for name, row in card["evaluation"].items():
        print(f"{name:<52} {row}  int8 auc {card['evaluation_int8'][name]['auc']}")
    print(f"{time.perf_counter() - BEGAN:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
