"""A sentence encoder in ONNX, written down operation by operation from the weights of a BERT that a test made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


def write_onnx(bert: Path, folder: Path, *, whole: bool = False) -> Path:
    """The sentence-transformers BERT in ``bert`` as ``folder/model.onnx`` with its tokenizer and pooling.
    ``whole``: its output is the mean of the tokens as ``sentence_embedding``."""
    weights = {name.removeprefix("bert."): one for name, one in load_file(bert / "model.safetensors").items()}
    config = json.loads((bert / "config.json").read_text())
    graph = _Graph(weights, config["num_attention_heads"], float(config["layer_norm_eps"]))
    x = graph.embeddings()
    for layer in range(config["num_hidden_layers"]):
        x = graph.block(x, f"encoder.layer.{layer}.")
    output = "sentence_embedding" if whole else "last_hidden_state"
    graph.add("Identity" if not whole else "ReduceMean", [x], output, **({"axes": [1], "keepdims": 0} if whole else {}))
    shape = ["batch", config["hidden_size"]] if whole else ["batch", "tokens", config["hidden_size"]]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
    made = helper.make_graph(graph.nodes, "bert", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))
    for name in ("tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(bert / name, folder / name)
    return folder


class _Graph:
    """Nodes and constants; each method adds what computes a value, and returns its name."""

    def __init__(self, weights: dict[str, Any], heads: int, epsilon: float) -> None:
        self.weights, self.heads, self.epsilon = weights, heads, epsilon
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operation: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        name = output or f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def embeddings(self) -> str:
        w = self.weights
        words = self.add("Gather", [self.constant(w["embeddings.word_embeddings.weight"]), "input_ids"])
        kinds = self.add("Gather", [self.constant(w["embeddings.token_type_embeddings.weight"]), "token_type_ids"])
        one = self.constant(np.array(1))
        count = self.add("Gather", [self.add("Shape", ["input_ids"]), one], axis=0)
        places = self.add("Range", [self.constant(np.array(0)), count, one])
        where = self.add("Gather", [self.constant(w["embeddings.position_embeddings.weight"]), places])
        x = self.add("Add", [self.add("Add", [words, kinds]), where])
        mask = self.add("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        away = self.add("Mul", [self.add("Sub", [self.constant(np.float32(1)), mask]), self.constant(np.float32(-1e9))])
        self.mask = self.add("Unsqueeze", [away, self.constant(np.array([1, 2]))])
        return self.normed(x, "embeddings.LayerNorm")

    def normed(self, x: str, name: str) -> str:
        scale, bias = (self.constant(self.weights[f"{name}.{one}"]) for one in ("weight", "bias"))
        return self.add("LayerNormalization", [x, scale, bias], epsilon=self.epsilon)

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", [x, self.constant(self.weights[name + ".weight"].T.copy())])
        return self.add("Add", [product, self.constant(self.weights[name + ".bias"])])

    def block(self, x: str, layer: str) -> str:
        mixed = self.linear(self.attention(x, layer), layer + "attention.output.dense")
        x = self.normed(self.add("Add", [x, mixed]), layer + "attention.output.LayerNorm")
        wide = self.linear(x, layer + "intermediate.dense")
        part = self.add("Erf", [self.add("Mul", [wide, self.constant(np.float32(0.5**0.5))])])
        half = self.add("Mul", [wide, self.constant(np.float32(0.5))])
        active = self.add("Mul", [half, self.add("Add", [part, self.constant(np.float32(1))])])
        return self.normed(
            self.add("Add", [x, self.linear(active, layer + "output.dense")]), layer + "output.LayerNorm"
        )

    def attention(self, x: str, layer: str) -> str:
        size = self.weights[layer + "attention.self.query.weight"].shape[0]
        q, k, v = (
            self.add(
                "Transpose", [self.add("Reshape", [self.linear(x, f"{layer}attention.self.{name}"), shape])], perm=to
            )
            for name, to in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
            for shape in [self.constant(np.array([0, 0, self.heads, size // self.heads]))]
        )
        scale = self.constant(np.float32((size // self.heads) ** -0.5))
        scores = self.add("Add", [self.add("Mul", [self.add("MatMul", [q, k]), scale]), self.mask])
        mixed = self.add("MatMul", [self.add("Softmax", [scores], axis=-1), v])
        return self.add(
            "Reshape", [self.add("Transpose", [mixed], perm=[0, 2, 1, 3]), self.constant(np.array([0, 0, size]))]
        )
