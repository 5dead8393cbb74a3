// Substitution with the triangular factors of an invertible linear map. Needs the bindings and the tile of resident_pass.
// docs/derivations.md, eq. (54)
// from L to = from in place: to[i] -= sum over j < i of lower[i, j] to[j], one column after the other.
fn solve_lower(op: Op, local: u32) {
  for (var j = 0u; j + 1u < op.count; j++) {
    for (var i = (j + 1u) * ROW_QUADS + local; i < op.count * ROW_QUADS; i += GROUP) {
      let weight = parameters[op.tensor + lower_place(i / ROW_QUADS, j)];
      tile[op.to * ROW_QUADS + i] -= weight * tile[(op.to + j) * ROW_QUADS + i % ROW_QUADS];
    }
    workgroupBarrier();
  }
}

// (U + diag) to = from in place.
fn solve_upper(op: Op, local: u32) {
  for (var step = 1u; step <= op.count; step++) {
    let j = op.count - step;
    if (local < ROW_QUADS) {
      tile[(op.to + j) * ROW_QUADS + local] *= exp(-parameters[op.bias + j]);
    }
    workgroupBarrier();
    for (var i = local; i < j * ROW_QUADS; i += GROUP) {
      let weight = parameters[op.tensor + upper_place(i / ROW_QUADS, j, op.count)];
      tile[op.to * ROW_QUADS + i] -= weight * tile[(op.to + j) * ROW_QUADS + i % ROW_QUADS];
    }
    workgroupBarrier();
  }
}
