"""Sliding-window attention in Triton: forward, backward, and the double backward in two passes.

Nothing larger than a tile of scores exists at any time, and no kernel writes where another program
writes: a program owns a tile of queries or a tile of keys, and walks the other side.

With s the scale, O = PV, P = exp(s QKᵀ - lse) under the mask, and cotangents dO, dlse:

    D = rowsum(dO ∘ O)    δ = D - dlse    dP = dO Vᵀ    dS = P ∘ (dP - δ)
    dQ = s dS K           dK = s dSᵀ Q    dV = Pᵀ dO

and with cotangents X, Y, Z of dQ, dK, dV:

    G = s (X Kᵀ + Q Yᵀ)   g = rowsum(P ∘ G)     E = dO Zᵀ + G ∘ (dP - δ)    b = rowsum(P ∘ E) - g D
    R = P ∘ (E - g dP - b)                      H = P ∘ (G - g)
    Q' = s (dS Y + R K)   K' = s (dSᵀ X + Rᵀ Q)   V' = Hᵀ dO   dO' = P Z + H V   dlse' = g

``g`` and ``b`` are one number a row. They are not known until a row's last key was seen, but they enter
linearly, so pass A carries what they multiply: A1 = dS Y + (P∘E) K, A2 = P K, A3 = P Z + (P∘G) V, and

    Q' = s (A1 - g (dQ / s + δ A2) - b A2)      dO' = A3 - g O

Pass B owns keys and finds K' and V'. 18 tile products in all, 10 and 8; 12 where a key comes from a
cache, for which Y = Z = 0. kernels/README.md has the derivation.

A head too wide for the registers is split: a program then owns ``PART`` of its columns, and forms the scores from
all of them a part at a time.

Shapes: q, o, dO, X [B, Hq, Tq, D]; k, v, Y, Z [B, Hkv, Tk, D]; a number for each query [B, Hq, Tq].
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)
LN2 = tl.constexpr(0.6931471805599453)
# Compiled once for all lengths: Triton would compile a kernel again for a length of 1 and for a multiple of 16, and a
# stream that is read piece by piece has every kind.
LENGTHS = ["Tq", "Tk", "cached", "window"]


@triton.jit
def _load(base, first, ROWS: tl.constexpr, stride, column, COLUMNS: tl.constexpr, count, D: tl.constexpr):
    """[ROWS, COLUMNS] of a matrix of ``count`` rows and D columns, from (first, column) on; zeros outside it."""
    rows, columns = tl.arange(0, ROWS), column + tl.arange(0, COLUMNS)
    inside = (rows < count - first)[:, None]
    if D % COLUMNS:
        inside = inside & (columns < D)[None, :]
    # The one wide number is the tile's own address: within a tile 32 bits do, and save registers.
    return tl.load(
        base + tl.cast(first, tl.int64) * stride + rows[:, None] * stride + columns[None, :], mask=inside, other=0.0
    )


@triton.jit
def _load_new(base, first, ROWS: tl.constexpr, column, COLUMNS: tl.constexpr, count, D: tl.constexpr):
    """`_load` of a contiguous matrix; ``first`` may be negative, and rows before the matrix are zeros too."""
    rows, columns = tl.arange(0, ROWS), column + tl.arange(0, COLUMNS)
    inside = ((rows < count - first) & (rows >= -first))[:, None]
    if D % COLUMNS:
        inside = inside & (columns < D)[None, :]
    return tl.load(base + tl.cast(first, tl.int64) * D + rows[:, None] * D + columns[None, :], mask=inside, other=0.0)


@triton.jit
def _store(base, first, ROWS: tl.constexpr, column, COLUMNS: tl.constexpr, count, D: tl.constexpr, value):
    rows, columns = tl.arange(0, ROWS), column + tl.arange(0, COLUMNS)
    inside = (rows < count - first)[:, None]
    if D % COLUMNS:
        inside = inside & (columns < D)[None, :]
    at = base + tl.cast(first, tl.int64) * D + rows[:, None] * D + columns[None, :]
    tl.store(at, value.to(base.dtype.element_ty), mask=inside)


@triton.jit
def _visible(queries, keys, Tq, Tk, window):
    """[M, N]: which keys a query sees; the last query stands on the last key."""
    distance = (queries + Tk - Tq)[:, None] - keys[None, :]
    return (distance >= 0) & (distance < window) & (queries < Tq)[:, None] & (keys < Tk)[None, :]


@triton.jit
def _p(scores, top, share, seen, scale):
    """Probabilities from scores before the scale, a row's largest score and one over its sum.

    Not from their one log-sum-exp: where scores are large its rounding alone would keep a row from adding up to 1,
    and what is left over is multiplied by the mean of the keys.
    """
    return tl.exp2(tl.where(seen, scores * (scale * LOG2E) - top[:, None], float("-inf"))) * share[:, None]


@triton.jit
def _key_range(first, M, N, Tq, Tk, window):
    """Where the keys that M queries see begin (a multiple of N) and end."""
    low = tl.maximum(first + Tk - Tq - window + 1, 0) // N * N
    high = tl.minimum(first + M + Tk - Tq, Tk)
    return low, tl.maximum(high, low)


@triton.jit
def _query_range(first, M, N, Tq, Tk, window):
    """Where the queries that see N keys begin (a multiple of M) and end."""
    low = tl.maximum(first - (Tk - Tq), 0) // M * M
    high = tl.minimum(first + N - 1 + window - (Tk - Tq), Tq)
    return low, tl.maximum(high, low)


@triton.jit(do_not_specialize=LENGTHS)
def forward_kernel(
    q, k, v, o, o_wide, lse, tops, shares, qb, qh, qt, kb, kh, kt, vb, vh, vt, Tq, Tk, window, scale,
    HEADS: tl.constexpr, GROUPS: tl.constexpr, D: tl.constexpr, PART: tl.constexpr, PARTS: tl.constexpr,
    M: tl.constexpr, N: tl.constexpr, WIDE: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    head, part = tl.program_id(1), tl.program_id(2)
    batch, group = head // HEADS, head % HEADS // (HEADS // GROUPS)
    q += batch.to(tl.int64) * qb + (head % HEADS).to(tl.int64) * qh
    k += batch.to(tl.int64) * kb + group.to(tl.int64) * kh
    v += batch.to(tl.int64) * vb + group.to(tl.int64) * vh
    first = tl.program_id(0) * M
    queries, own = first + tl.arange(0, M), part * PART
    q_own = _load(q, first, M, qt, 0, PART, Tq, D)
    top = tl.full([M], float("-inf"), WIDE)
    total = tl.zeros([M], WIDE)
    out = tl.zeros([M, PART], WIDE)
    low, high = _key_range(first, M, N, Tq, Tk, window)
    for start in range(low, high, N):
        keys = start + tl.arange(0, N)
        scores = tl.zeros([M, N], WIDE)
        for piece in tl.static_range(PARTS):
            q_piece = q_own if PARTS == 1 else _load(q, first, M, qt, piece * PART, PART, Tq, D)
            k_piece = _load(k, start, N, kt, piece * PART, PART, Tk, D)
            scores = tl.dot(q_piece, k_piece.T, scores, input_precision=PRECISION, out_dtype=WIDE)
        scores = tl.where(_visible(queries, keys, Tq, Tk, window), scores * (scale * LOG2E), float("-inf"))
        above = tl.maximum(top, tl.max(scores, 1))
        safe = tl.where(above == float("-inf"), 0.0, above)
        p = tl.exp2(scores - safe[:, None])
        shrink = tl.exp2(top - safe)
        total = total * shrink + tl.sum(p, 1)
        seen = _load(v, start, N, vt, own, PART, Tk, D)
        out = tl.dot(p.to(seen.dtype), seen, out * shrink[:, None], input_precision=PRECISION, out_dtype=WIDE)
        top = above
    empty = total == 0.0
    out = out / tl.where(empty, 1.0, total)[:, None]
    rows = head.to(tl.int64) * Tq
    _store(o + rows * D, first, M, own, PART, Tq, D, out)
    _store(o_wide + rows * D, first, M, own, PART, Tq, D, out)
    found = tl.where(empty, float("-inf"), (top + tl.log2(tl.where(empty, 1.0, total))) * LN2)
    if part == 0:
        tl.store(lse + rows + queries, found, mask=queries < Tq)
        tl.store(tops + rows + queries, tl.where(empty, 0.0, top), mask=queries < Tq)
        tl.store(shares + rows + queries, tl.where(empty, 0.0, 1.0 / tl.where(empty, 1.0, total)), mask=queries < Tq)


@triton.jit(do_not_specialize=LENGTHS)
def query_gradient_kernel(
    q, k, v, o_wide, tops, shares, do, dlse, dq, dq_wide, mean, delta,
    qb, qh, qt, kb, kh, kt, vb, vh, vt, Tq, Tk, window, scale,
    HEADS: tl.constexpr, GROUPS: tl.constexpr, D: tl.constexpr, PART: tl.constexpr, PARTS: tl.constexpr,
    M: tl.constexpr, N: tl.constexpr, WIDE: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """dQ, and with it D and δ of each row."""
    head, part = tl.program_id(1), tl.program_id(2)
    batch, group = head // HEADS, head % HEADS // (HEADS // GROUPS)
    q += batch.to(tl.int64) * qb + (head % HEADS).to(tl.int64) * qh
    k += batch.to(tl.int64) * kb + group.to(tl.int64) * kh
    v += batch.to(tl.int64) * vb + group.to(tl.int64) * vh
    rows = head.to(tl.int64) * Tq
    do += rows * D
    first = tl.program_id(0) * M
    queries, own = first + tl.arange(0, M), part * PART
    inside = queries < Tq
    q_own = _load(q, first, M, qt, 0, PART, Tq, D)
    do_own = _load(do, first, M, D, 0, PART, Tq, D)
    d = tl.zeros([M], WIDE)
    for piece in tl.static_range(PARTS):
        do_piece = do_own if PARTS == 1 else _load(do, first, M, D, piece * PART, PART, Tq, D)
        d += tl.sum(do_piece.to(WIDE) * _load(o_wide + rows * D, first, M, D, piece * PART, PART, Tq, D), 1)
    row_delta = d - tl.load(dlse + rows + queries, mask=inside, other=0.0)
    if part == 0:
        tl.store(mean + rows + queries, d, mask=inside)
        tl.store(delta + rows + queries, row_delta, mask=inside)
    row_top = tl.load(tops + rows + queries, mask=inside, other=0.0)
    row_share = tl.load(shares + rows + queries, mask=inside, other=0.0)
    out = tl.zeros([M, PART], WIDE)
    low, high = _key_range(first, M, N, Tq, Tk, window)
    for start in range(low, high, N):
        keys = start + tl.arange(0, N)
        scores, dp = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
        for piece in tl.static_range(PARTS):
            q_piece = q_own if PARTS == 1 else _load(q, first, M, qt, piece * PART, PART, Tq, D)
            do_piece = do_own if PARTS == 1 else _load(do, first, M, D, piece * PART, PART, Tq, D)
            k_piece = _load(k, start, N, kt, piece * PART, PART, Tk, D)
            v_piece = _load(v, start, N, vt, piece * PART, PART, Tk, D)
            scores = tl.dot(q_piece, k_piece.T, scores, input_precision=PRECISION, out_dtype=WIDE)
            dp = tl.dot(do_piece, v_piece.T, dp, input_precision=PRECISION, out_dtype=WIDE)
        p = _p(scores, row_top, row_share, _visible(queries, keys, Tq, Tk, window), scale)
        ds = p * (dp - row_delta[:, None])
        k_own = k_piece if PARTS == 1 else _load(k, start, N, kt, own, PART, Tk, D)
        out = tl.dot(ds.to(k_own.dtype), k_own, out, input_precision=PRECISION, out_dtype=WIDE)
    out *= scale
    _store(dq + rows * D, first, M, own, PART, Tq, D, out)
    _store(dq_wide + rows * D, first, M, own, PART, Tq, D, out)


@triton.jit(do_not_specialize=LENGTHS)
def key_gradient_kernel(
    q, k, v, tops, shares, delta, do, dk, dv, qb, qh, qt, kb, kh, kt, vb, vh, vt, Tq, Tk, cached, window, scale,
    HEADS: tl.constexpr, GROUPS: tl.constexpr, D: tl.constexpr, PART: tl.constexpr, PARTS: tl.constexpr,
    M: tl.constexpr, N: tl.constexpr, WIDE: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """dK and dV of the keys from ``cached`` on: outputs [B, Hkv, Tk - cached, D]."""
    head, part = tl.program_id(1), tl.program_id(2)
    batch, group = head // GROUPS, head % GROUPS
    q += batch.to(tl.int64) * qb
    k += batch.to(tl.int64) * kb + group.to(tl.int64) * kh
    v += batch.to(tl.int64) * vb + group.to(tl.int64) * vh
    first = cached + tl.program_id(0) * N
    keys, own = first + tl.arange(0, N), part * PART
    k_own, v_own = _load(k, first, N, kt, 0, PART, Tk, D), _load(v, first, N, vt, 0, PART, Tk, D)
    of_k, of_v = tl.zeros([N, PART], WIDE), tl.zeros([N, PART], WIDE)
    low, high = _query_range(first, M, N, Tq, Tk, window)
    for member in range(HEADS // GROUPS):
        at = group * (HEADS // GROUPS) + member
        rows = (batch.to(tl.int64) * HEADS + at) * Tq
        q_head, do_head = q + at.to(tl.int64) * qh, do + rows * D
        for start in range(low, high, M):
            queries = start + tl.arange(0, M)
            inside = queries < Tq
            row_top = tl.load(tops + rows + queries, mask=inside, other=0.0)
            row_share = tl.load(shares + rows + queries, mask=inside, other=0.0)
            row_delta = tl.load(delta + rows + queries, mask=inside, other=0.0)
            scores, dp = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
            for piece in tl.static_range(PARTS):
                k_piece = k_own if PARTS == 1 else _load(k, first, N, kt, piece * PART, PART, Tk, D)
                v_piece = v_own if PARTS == 1 else _load(v, first, N, vt, piece * PART, PART, Tk, D)
                q_piece = _load(q_head, start, M, qt, piece * PART, PART, Tq, D)
                do_piece = _load(do_head, start, M, D, piece * PART, PART, Tq, D)
                scores = tl.dot(q_piece, k_piece.T, scores, input_precision=PRECISION, out_dtype=WIDE)
                dp = tl.dot(do_piece, v_piece.T, dp, input_precision=PRECISION, out_dtype=WIDE)
            p = _p(scores, row_top, row_share, _visible(queries, keys, Tq, Tk, window), scale)
            ds = p * (dp - row_delta[:, None])
            q_mine = q_piece if PARTS == 1 else _load(q_head, start, M, qt, own, PART, Tq, D)
            do_mine = do_piece if PARTS == 1 else _load(do_head, start, M, D, own, PART, Tq, D)
            of_k = tl.dot(ds.T.to(q_mine.dtype), q_mine, of_k, input_precision=PRECISION, out_dtype=WIDE)
            of_v = tl.dot(p.T.to(do_mine.dtype), do_mine, of_v, input_precision=PRECISION, out_dtype=WIDE)
    new = head.to(tl.int64) * (Tk - cached) * D
    _store(dk + new, first - cached, N, own, PART, Tk - cached, D, of_k * scale)
    _store(dv + new, first - cached, N, own, PART, Tk - cached, D, of_v)


@triton.jit(do_not_specialize=LENGTHS)
def pass_a_kernel(
    q, k, v, do, x, y, z, o_wide, dq_wide, tops, shares, mean, delta, of_q, of_do, of_lse, bias,
    qb, qh, qt, kb, kh, kt, vb, vh, vt, Tq, Tk, cached, window, scale,
    HEADS: tl.constexpr, GROUPS: tl.constexpr, D: tl.constexpr, PART: tl.constexpr, PARTS: tl.constexpr,
    M: tl.constexpr, N: tl.constexpr, WIDE: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Q' and dO' of a tile of queries, and the rows' g and b. ``y``, ``z``: [B, Hkv, Tk - cached, D]."""
    head, part = tl.program_id(1), tl.program_id(2)
    batch, group = head // HEADS, head % HEADS // (HEADS // GROUPS)
    q += batch.to(tl.int64) * qb + (head % HEADS).to(tl.int64) * qh
    k += batch.to(tl.int64) * kb + group.to(tl.int64) * kh
    v += batch.to(tl.int64) * vb + group.to(tl.int64) * vh
    new = (batch.to(tl.int64) * GROUPS + group) * (Tk - cached) * D
    y += new
    z += new
    rows = head.to(tl.int64) * Tq
    do += rows * D
    x += rows * D
    first = tl.program_id(0) * M
    queries, own = first + tl.arange(0, M), part * PART
    inside = queries < Tq
    row_top = tl.load(tops + rows + queries, mask=inside, other=0.0)
    row_share = tl.load(shares + rows + queries, mask=inside, other=0.0)
    row_delta = tl.load(delta + rows + queries, mask=inside, other=0.0)
    q_own = _load(q, first, M, qt, 0, PART, Tq, D)
    x_own = _load(x, first, M, D, 0, PART, Tq, D)
    do_own = _load(do, first, M, D, 0, PART, Tq, D)
    g, pe_sum = tl.zeros([M], WIDE), tl.zeros([M], WIDE)
    a1, a2, a3 = tl.zeros([M, PART], WIDE), tl.zeros([M, PART], WIDE), tl.zeros([M, PART], WIDE)
    low, high = _key_range(first, M, N, Tq, Tk, window)
    for start in range(low, high, N):
        keys = start + tl.arange(0, N)
        cotangents = start + N > cached  # otherwise the whole tile comes from the cache: Y = Z = 0
        scores, dp = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
        lifted, u = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
        for piece in tl.static_range(PARTS):
            q_piece = q_own if PARTS == 1 else _load(q, first, M, qt, piece * PART, PART, Tq, D)
            x_piece = x_own if PARTS == 1 else _load(x, first, M, D, piece * PART, PART, Tq, D)
            do_piece = do_own if PARTS == 1 else _load(do, first, M, D, piece * PART, PART, Tq, D)
            k_piece = _load(k, start, N, kt, piece * PART, PART, Tk, D)
            v_piece = _load(v, start, N, vt, piece * PART, PART, Tk, D)
            scores = tl.dot(q_piece, k_piece.T, scores, input_precision=PRECISION, out_dtype=WIDE)
            dp = tl.dot(do_piece, v_piece.T, dp, input_precision=PRECISION, out_dtype=WIDE)
            lifted = tl.dot(x_piece, k_piece.T, lifted, input_precision=PRECISION, out_dtype=WIDE)
            if cotangents:
                y_piece = _load_new(y, start - cached, N, piece * PART, PART, Tk - cached, D)
                z_piece = _load_new(z, start - cached, N, piece * PART, PART, Tk - cached, D)
                lifted = tl.dot(q_piece, y_piece.T, lifted, input_precision=PRECISION, out_dtype=WIDE)
                u = tl.dot(do_piece, z_piece.T, u, input_precision=PRECISION, out_dtype=WIDE)
        p = _p(scores, row_top, row_share, _visible(queries, keys, Tq, Tk, window), scale)
        pg = p * lifted * scale
        inner = dp - row_delta[:, None]
        pe = p * u + pg * inner
        g += tl.sum(pg, 1)
        pe_sum += tl.sum(pe, 1)
        k_own = k_piece if PARTS == 1 else _load(k, start, N, kt, own, PART, Tk, D)
        v_own = v_piece if PARTS == 1 else _load(v, start, N, vt, own, PART, Tk, D)
        a1 = tl.dot(pe.to(k_own.dtype), k_own, a1, input_precision=PRECISION, out_dtype=WIDE)
        a2 = tl.dot(p.to(k_own.dtype), k_own, a2, input_precision=PRECISION, out_dtype=WIDE)
        a3 = tl.dot(pg.to(v_own.dtype), v_own, a3, input_precision=PRECISION, out_dtype=WIDE)
        if cotangents:
            y_own = _load_new(y, start - cached, N, own, PART, Tk - cached, D)
            z_own = _load_new(z, start - cached, N, own, PART, Tk - cached, D)
            a1 = tl.dot((p * inner).to(y_own.dtype), y_own, a1, input_precision=PRECISION, out_dtype=WIDE)
            a3 = tl.dot(p.to(z_own.dtype), z_own, a3, input_precision=PRECISION, out_dtype=WIDE)
    b = pe_sum - g * tl.load(mean + rows + queries, mask=inside, other=0.0)
    if part == 0:
        tl.store(of_lse + rows + queries, g, mask=inside)
        tl.store(bias + rows + queries, b, mask=inside)
    dq_own = _load(dq_wide + rows * D, first, M, D, own, PART, Tq, D)
    o_own = _load(o_wide + rows * D, first, M, D, own, PART, Tq, D)
    of_query = scale * (a1 - (g * row_delta + b)[:, None] * a2) - g[:, None] * dq_own
    _store(of_q + rows * D, first, M, own, PART, Tq, D, of_query)
    _store(of_do + rows * D, first, M, own, PART, Tq, D, a3 - g[:, None] * o_own)


@triton.jit(do_not_specialize=LENGTHS)
def pass_b_kernel(
    q, k, v, do, x, y, z, tops, shares, delta, g, bias, of_k, of_v,
    qb, qh, qt, kb, kh, kt, vb, vh, vt, Tq, Tk, cached, window, scale,
    HEADS: tl.constexpr, GROUPS: tl.constexpr, D: tl.constexpr, PART: tl.constexpr, PARTS: tl.constexpr,
    M: tl.constexpr, N: tl.constexpr, WIDE: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """K' and V' of a tile of keys, those of the cache included."""
    head, part = tl.program_id(1), tl.program_id(2)
    batch, group = head // GROUPS, head % GROUPS
    q += batch.to(tl.int64) * qb
    k += batch.to(tl.int64) * kb + group.to(tl.int64) * kh
    v += batch.to(tl.int64) * vb + group.to(tl.int64) * vh
    new = head.to(tl.int64) * (Tk - cached) * D
    y += new
    z += new
    first = tl.program_id(0) * N
    cotangents = first + N > cached
    keys, own = first + tl.arange(0, N), part * PART
    k_own, v_own = _load(k, first, N, kt, 0, PART, Tk, D), _load(v, first, N, vt, 0, PART, Tk, D)
    key_sum, value_sum = tl.zeros([N, PART], WIDE), tl.zeros([N, PART], WIDE)
    low, high = _query_range(first, M, N, Tq, Tk, window)
    for member in range(HEADS // GROUPS):
        at = group * (HEADS // GROUPS) + member
        rows = (batch.to(tl.int64) * HEADS + at) * Tq
        q_head, do_head, x_head = q + at.to(tl.int64) * qh, do + rows * D, x + rows * D
        for start in range(low, high, M):
            queries = start + tl.arange(0, M)
            inside = queries < Tq
            row_top = tl.load(tops + rows + queries, mask=inside, other=0.0)
            row_share = tl.load(shares + rows + queries, mask=inside, other=0.0)
            row_delta = tl.load(delta + rows + queries, mask=inside, other=0.0)
            row_g = tl.load(g + rows + queries, mask=inside, other=0.0)
            row_b = tl.load(bias + rows + queries, mask=inside, other=0.0)
            scores, dp = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
            lifted, u = tl.zeros([M, N], WIDE), tl.zeros([M, N], WIDE)
            for piece in tl.static_range(PARTS):
                k_piece = k_own if PARTS == 1 else _load(k, first, N, kt, piece * PART, PART, Tk, D)
                v_piece = v_own if PARTS == 1 else _load(v, first, N, vt, piece * PART, PART, Tk, D)
                q_piece = _load(q_head, start, M, qt, piece * PART, PART, Tq, D)
                do_piece = _load(do_head, start, M, D, piece * PART, PART, Tq, D)
                x_piece = _load(x_head, start, M, D, piece * PART, PART, Tq, D)
                scores = tl.dot(q_piece, k_piece.T, scores, input_precision=PRECISION, out_dtype=WIDE)
                dp = tl.dot(do_piece, v_piece.T, dp, input_precision=PRECISION, out_dtype=WIDE)
                lifted = tl.dot(x_piece, k_piece.T, lifted, input_precision=PRECISION, out_dtype=WIDE)
                if cotangents:
                    y_piece = _load_new(y, first - cached, N, piece * PART, PART, Tk - cached, D)
                    z_piece = _load_new(z, first - cached, N, piece * PART, PART, Tk - cached, D)
                    lifted = tl.dot(q_piece, y_piece.T, lifted, input_precision=PRECISION, out_dtype=WIDE)
                    u = tl.dot(do_piece, z_piece.T, u, input_precision=PRECISION, out_dtype=WIDE)
            p = _p(scores, row_top, row_share, _visible(queries, keys, Tq, Tk, window), scale)
            lifted *= scale
            inner = dp - row_delta[:, None]
            r = p * (u + lifted * inner - row_g[:, None] * dp - row_b[:, None])
            h = p * (lifted - row_g[:, None])
            q_mine = q_piece if PARTS == 1 else _load(q_head, start, M, qt, own, PART, Tq, D)
            do_mine = do_piece if PARTS == 1 else _load(do_head, start, M, D, own, PART, Tq, D)
            x_mine = x_piece if PARTS == 1 else _load(x_head, start, M, D, own, PART, Tq, D)
            key_sum = tl.dot((p * inner).T.to(x_mine.dtype), x_mine, key_sum, input_precision=PRECISION, out_dtype=WIDE)
            key_sum = tl.dot(r.T.to(q_mine.dtype), q_mine, key_sum, input_precision=PRECISION, out_dtype=WIDE)
            value_sum = tl.dot(h.T.to(do_mine.dtype), do_mine, value_sum, input_precision=PRECISION, out_dtype=WIDE)
    _store(of_k + head.to(tl.int64) * Tk * D, first, N, own, PART, Tk, D, key_sum * scale)
    _store(of_v + head.to(tl.int64) * Tk * D, first, N, own, PART, Tk, D, value_sum)


KERNELS = {
    "forward": forward_kernel,
    "query_gradient": query_gradient_kernel,
    "key_gradient": key_gradient_kernel,
    "pass_a": pass_a_kernel,
    "pass_b": pass_b_kernel,
}
