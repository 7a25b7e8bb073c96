"""Differentiable operations, each with a plain PyTorch oracle, a PyTorch implementation and one in Triton.

Two derivatives of everything, as learning to learn needs: ``torch.autograd.grad(..., create_graph=True)`` and then a
gradient of that. The operations choose Triton on a GPU and PyTorch elsewhere; the argument ``implementation`` and
the environment variable HYBRID_KERNELS choose otherwise. Oracles: `hybrid.kernels.reference`.
"""

from hybrid.kernels.cross_entropy import fused_linear_cross_entropy, linear_cross_entropy
from hybrid.kernels.reference import rope_table
from hybrid.kernels.row_operations import clip_factor, rms_norm, rotary, sgd_step, squared_norm, swiglu
from hybrid.kernels.sliding_window import attention_with_lse, sliding_window_attention

__all__ = [
    "attention_with_lse",
    "clip_factor",
    "fused_linear_cross_entropy",
    "linear_cross_entropy",
    "rms_norm",
    "rope_table",
    "rotary",
    "sgd_step",
    "sliding_window_attention",
    "squared_norm",
    "swiglu",
]
