"""Row-wise and elementwise operations in Triton, with their first and second derivatives.

A program owns a few rows (or a block of elements) and writes nothing that another one writes. Sums
over rows, as the gradient of a norm's weight needs, come out as one partial sum a program. Everything
is computed in float32, or float64 for float64, and rounded once when stored.

The formulas are beside the kernels. A dot over a letter's name is written d: ``dy`` is the cotangent of y.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def swiglu_forward(gate, up, y, count, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """y = silu(g) u."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    g, u = tl.load(gate + at, mask=inside, other=0.0).to(WIDE), tl.load(up + at, mask=inside, other=0.0).to(WIDE)
    tl.store(y + at, (g * tl.sigmoid(g) * u).to(y.dtype.element_ty), mask=inside)


@triton.jit
def swiglu_backward(gate, up, dy, dgate, dup, count, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """dg = dy u silu'(g), du = dy silu(g), with silu' = σ (1 + g (1 - σ))."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    g, u = tl.load(gate + at, mask=inside, other=0.0).to(WIDE), tl.load(up + at, mask=inside, other=0.0).to(WIDE)
    d = tl.load(dy + at, mask=inside, other=0.0).to(WIDE)
    sigma = tl.sigmoid(g)
    tl.store(dgate + at, (d * u * sigma * (1 + g * (1 - sigma))).to(dgate.dtype.element_ty), mask=inside)
    tl.store(dup + at, (d * g * sigma).to(dup.dtype.element_ty), mask=inside)


@triton.jit
def swiglu_double(gate, up, dy, a, c, of_gate, of_up, of_dy, count, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """With cotangents a of dg and c of du, and silu'' = σ (1 - σ) (2 + g (1 - 2σ)):

    dy' = a u silu' + c silu,   g' = dy (a u silu'' + c silu'),   u' = dy a silu'.
    """
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    g, u = tl.load(gate + at, mask=inside, other=0.0).to(WIDE), tl.load(up + at, mask=inside, other=0.0).to(WIDE)
    d = tl.load(dy + at, mask=inside, other=0.0).to(WIDE)
    ca, cc = tl.load(a + at, mask=inside, other=0.0).to(WIDE), tl.load(c + at, mask=inside, other=0.0).to(WIDE)
    sigma = tl.sigmoid(g)
    first_derivative = sigma * (1 + g * (1 - sigma))
    second_derivative = sigma * (1 - sigma) * (2 + g * (1 - 2 * sigma))
    tl.store(
        of_gate + at,
        (d * (ca * u * second_derivative + cc * first_derivative)).to(of_gate.dtype.element_ty),
        mask=inside,
    )
    tl.store(of_up + at, (d * ca * first_derivative).to(of_up.dtype.element_ty), mask=inside)
    tl.store(of_dy + at, (ca * u * first_derivative + cc * g * sigma).to(of_dy.dtype.element_ty), mask=inside)


@triton.jit
def _row_block(base, row, stride, ROWS: tl.constexpr, COLUMNS: tl.constexpr, rows, D, WIDE: tl.constexpr):
    """[ROWS, COLUMNS] from row ``row`` on, zeros outside."""
    at, columns = tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    inside = (at < rows - row)[:, None] & (columns < D)[None, :]
    where = base + tl.cast(row, tl.int64) * stride + at[:, None] * stride + columns[None, :]
    return tl.load(where, mask=inside, other=0.0).to(WIDE)


@triton.jit
def _store_rows(base, row, ROWS: tl.constexpr, COLUMNS: tl.constexpr, rows, D, value):
    at, columns = tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    inside = (at < rows - row)[:, None] & (columns < D)[None, :]
    where = base + tl.cast(row, tl.int64) * D + at[:, None] * D + columns[None, :]
    tl.store(where, value.to(base.dtype.element_ty), mask=inside)


@triton.jit
def rms_norm_forward(
    x, weight, y, rows, eps, D: tl.constexpr, WIDE: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr
):
    """y = n w with n = r x and r = (mean(x²) + eps)^(-1/2)."""
    row, columns = tl.program_id(0) * ROWS, tl.arange(0, COLUMNS)
    own = _row_block(x, row, D, ROWS, COLUMNS, rows, D, WIDE)
    w = tl.load(weight + columns, mask=columns < D, other=0.0).to(WIDE)
    r = 1 / tl.sqrt(tl.sum(own * own, 1) / D + eps)
    _store_rows(y, row, ROWS, COLUMNS, rows, D, own * r[:, None] * w[None, :])


@triton.jit
def rms_norm_backward(
    x, weight, dy, dx, dweight, rows, eps,
    D: tl.constexpr, WIDE: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """With h = dy w and m = mean(h n): dx = r (h - n m); dw = Σ dy n, a partial sum [COLUMNS] of each program."""
    row, columns = tl.program_id(0) * ROWS, tl.arange(0, COLUMNS)
    own = _row_block(x, row, D, ROWS, COLUMNS, rows, D, WIDE)
    d = _row_block(dy, row, D, ROWS, COLUMNS, rows, D, WIDE)
    w = tl.load(weight + columns, mask=columns < D, other=0.0).to(WIDE)
    r = 1 / tl.sqrt(tl.sum(own * own, 1) / D + eps)
    n, h = own * r[:, None], d * w[None, :]
    m = tl.sum(h * n, 1) / D
    _store_rows(dx, row, ROWS, COLUMNS, rows, D, r[:, None] * (h - n * m[:, None]))
    tl.store(dweight + tl.program_id(0).to(tl.int64) * D + columns, tl.sum(d * n, 0), mask=columns < D)


@triton.jit
def rms_norm_double(
    x, weight, dy, a, omega, of_x, of_weight, of_dy, rows, eps,
    D: tl.constexpr, WIDE: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """With cotangents X of dx and ω of dw, c = mean(X n) and q = ω dy:

    dy' = w r (X - n c) + ω n,   w' = Σ dy r (X - n c),
    x' = r² (n (3 m c - mean(X h)) - h c - X m) + r (q - n mean(q n)).
    """
    row, columns = tl.program_id(0) * ROWS, tl.arange(0, COLUMNS)
    own = _row_block(x, row, D, ROWS, COLUMNS, rows, D, WIDE)
    d = _row_block(dy, row, D, ROWS, COLUMNS, rows, D, WIDE)
    across = _row_block(a, row, D, ROWS, COLUMNS, rows, D, WIDE)
    w = tl.load(weight + columns, mask=columns < D, other=0.0).to(WIDE)[None, :]
    o = tl.load(omega + columns, mask=columns < D, other=0.0).to(WIDE)[None, :]
    r = (1 / tl.sqrt(tl.sum(own * own, 1) / D + eps))[:, None]
    n, h, q = own * r, d * w, d * o
    m, c = (tl.sum(h * n, 1) / D)[:, None], (tl.sum(across * n, 1) / D)[:, None]
    both, turn = (tl.sum(across * h, 1) / D)[:, None], (tl.sum(q * n, 1) / D)[:, None]
    straight = r * (across - n * c)
    of_own = r * r * (n * (3 * m * c - both) - h * c - across * m) + r * (q - n * turn)
    _store_rows(of_x, row, ROWS, COLUMNS, rows, D, of_own)
    _store_rows(of_dy, row, ROWS, COLUMNS, rows, D, w * straight + o * n)
    tl.store(of_weight + tl.program_id(0).to(tl.int64) * D + columns, tl.sum(d * straight, 0), mask=columns < D)


@triton.jit
def rotate(x, table, y, tokens, pairs, count, sign, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """Turn the pairs (2i, 2i + 1) of [N, T, 2 pairs] by the complex numbers [T, pairs], or by their conjugates."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)  # of pairs
    inside = at < count
    turn = at // pairs % tokens * pairs + at % pairs
    real = tl.load(table + 2 * turn, mask=inside, other=0.0).to(WIDE)
    imaginary = tl.load(table + 2 * turn + 1, mask=inside, other=0.0).to(WIDE) * sign
    first = tl.load(x + 2 * at, mask=inside, other=0.0).to(WIDE)
    second = tl.load(x + 2 * at + 1, mask=inside, other=0.0).to(WIDE)
    tl.store(y + 2 * at, (first * real - second * imaginary).to(y.dtype.element_ty), mask=inside)
    tl.store(y + 2 * at + 1, (first * imaginary + second * real).to(y.dtype.element_ty), mask=inside)


@triton.jit
def softmax_loss(logits, targets, losses, words, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """A row of logits becomes its probabilities, in place; and the loss of its target."""
    row = tl.program_id(0)
    logits += row.to(tl.int64) * words
    target = tl.load(logits + tl.load(targets + row)).to(WIDE)
    top = tl.full([BLOCK], float("-inf"), WIDE)
    total = tl.zeros([BLOCK], WIDE)
    for start in range(0, words, BLOCK):
        at = start + tl.arange(0, BLOCK)
        z = tl.load(logits + at, mask=at < words, other=float("-inf")).to(WIDE)
        above = tl.maximum(top, z)
        safe = tl.where(above == float("-inf"), 0.0, above)  # a lane that has seen no word yet
        total = total * tl.exp(top - safe) + tl.exp(z - safe)
        top = above
    highest = tl.max(top, 0)
    total = tl.sum(total * tl.exp(top - highest), 0)
    tl.store(losses + row, highest + tl.log(total) - target)
    for start in range(0, words, BLOCK):
        at = start + tl.arange(0, BLOCK)
        z = tl.load(logits + at, mask=at < words, other=float("-inf")).to(WIDE)
        tl.store(logits + at, (tl.exp(z - highest) / total).to(logits.dtype.element_ty), mask=at < words)


@triton.jit
def hessian_vector_product(p, t, weights, along, words, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """A row of t becomes w p (t - p·t), in place; and p·t."""
    row = tl.program_id(0)
    p += row.to(tl.int64) * words
    t += row.to(tl.int64) * words
    total = tl.zeros([BLOCK], WIDE)
    for start in range(0, words, BLOCK):
        at = start + tl.arange(0, BLOCK)
        own = tl.load(p + at, mask=at < words, other=0.0).to(WIDE)
        total += own * tl.load(t + at, mask=at < words, other=0.0).to(WIDE)
    mean, w = tl.sum(total, 0), tl.load(weights + row).to(WIDE)
    tl.store(along + row, mean)
    for start in range(0, words, BLOCK):
        at = start + tl.arange(0, BLOCK)
        own = tl.load(p + at, mask=at < words, other=0.0).to(WIDE)
        z = tl.load(t + at, mask=at < words, other=0.0).to(WIDE)
        tl.store(t + at, (w * own * (z - mean)).to(t.dtype.element_ty), mask=at < words)


@triton.jit
def sum_of_squares(gradient, squares, count, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """One partial sum a program."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    g = tl.load(gradient + at, mask=at < count, other=0.0).to(WIDE)
    tl.store(squares + tl.program_id(0), tl.sum(g * g, 0))


@triton.jit
def sgd(weight, gradient, factor, out, count, size, WIDE: tl.constexpr, BLOCK: tl.constexpr):
    """out = w - size factor g; the factor is read on the device, so that the norm never travels to the host."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    w, g = (
        tl.load(weight + at, mask=inside, other=0.0).to(WIDE),
        tl.load(gradient + at, mask=inside, other=0.0).to(WIDE),
    )
    tl.store(out + at, (w - size * tl.load(factor).to(WIDE) * g).to(out.dtype.element_ty), mask=inside)
