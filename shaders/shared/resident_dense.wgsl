// Dense layers on the units of a tile. Needs the bindings and the tile of resident_pass.
// docs/derivations.md, eq. (12), (13), (21)
// to[o] = sum over i of packed[i, o] source[i] + bias[o], and what the option says: with a slope, an addition to what is
// there, an activation. The slope may be kept as the value that it follows from. With a slot `aux` it keeps the inputs. An invocation sums a block of outputs for four rows; all
// are summed before the first is stored, so `to` may be `source`.
const BLOCK: u32 = 4u * OUTPUT_QUADS;

fn dense(op: Op, local: u32) {
#if KEEP
  if (op.aux != 0u) {
    for (var i = local; i < op.inputs * ROW_QUADS; i += GROUP) {
      factors[factor_place(op.aux + i / ROW_QUADS, i % ROW_QUADS)] = tile[op.source * ROW_QUADS + i];
    }
  }
#endif
  let quad = local % ROW_QUADS;
  let lane = local / ROW_QUADS;
  let n_blocks = (op.count + BLOCK - 1u) / BLOCK;
  // Inputs are padded to whole quads; so are the slices of them.
  let n_input_quads = (op.inputs + 3u) / 4u;
  let n_slices = max(1u, min(min(LANES / n_blocks, n_input_quads), N_PARTS / (op.count * ROW_QUADS)));
  let slice_inputs = 4u * ((n_input_quads + n_slices - 1u) / n_slices);
  let slice = lane / n_blocks;
  let block = lane % n_blocks;
  let first_input = slice * slice_inputs;
  let end = select(0u, min(first_input + slice_inputs, 4u * n_input_quads), slice < n_slices);
#unroll o OUTPUT_QUADS
#unroll u 4
  var sum_$o$u = vec4f();
#end
#end
  let stride = n_blocks * OUTPUT_QUADS;
  var weight = op.tensor + first_input * stride + block * OUTPUT_QUADS;
  var unit = (op.source + first_input) * ROW_QUADS + quad;
  for (var i = first_input; i < end; i += 4u) {
#unroll k 4
    let input_$k = tile[unit + $k * ROW_QUADS];
#unroll o OUTPUT_QUADS
    let weights_$o$k = packed[weight + $k * stride + $o];
#end
#end
#unroll k 4
#unroll o OUTPUT_QUADS
#unroll u 4
    sum_$o$u = fma(vec4f(weights_$o$k[$u]), input_$k, sum_$o$u);
#end
#end
#end
    weight += 4u * stride;
    unit += 4u * ROW_QUADS;
  }
  if (n_slices == 1u) {
    workgroupBarrier();
    if (slice == 0u) {
#unroll o OUTPUT_QUADS
#unroll u 4
      finish(op, BLOCK * block + 4u * $o + $u, quad, sum_$o$u);
#end
#end
    }
  } else {
#unroll o OUTPUT_QUADS
#unroll u 4
    if (slice < n_slices && BLOCK * block + 4u * $o + $u < op.count) {
      parts[(slice * op.count + BLOCK * block + 4u * $o + $u) * ROW_QUADS + quad] = sum_$o$u;
    }
#end
#end
    workgroupBarrier();
    for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
      var sum = vec4f();
      for (var s = 0u; s < n_slices; s++) {
        sum += parts[s * op.count * ROW_QUADS + i];
      }
      finish(op, i / ROW_QUADS, i % ROW_QUADS, sum);
    }
  }
}

fn finish(op: Op, unit: u32, quad: u32, sum: vec4f) {
  if (unit >= op.count) {
    return;
  }
  var value = sum;
  if (op.bias != NONE) {
    value += parameters[op.bias + unit];
  }
#if KEEP
  if ((op.option & STEP_TIMES_SLOPE) != 0u) {
    let slope = factors[factor_place(op.slope + unit, quad)];
    if ((op.option & STEP_AT_VALUE) != 0u) {
      value *= derivative_at_value(slope);
    } else {
      value *= slope;
    }
  }
#endif
  let place = (op.to + unit) * ROW_QUADS + quad;
  if ((op.option & STEP_ADD) != 0u) {
    value += tile[place];
  }
  if ((op.option & STEP_ACTIVATE) != 0u) {
    let activated = activate(value);
    value = activated.value;
#if KEEP
    if ((op.option & STEP_KEEP_SLOPE) != 0u) {
      factors[factor_place(op.slope + unit, quad)] = activated.derivative;
    }
#endif
  }
#if KEEP
  if ((op.option & STEP_KEEP) != 0u) {
    factors[factor_place(op.slot + unit, quad)] = value;
  }
#endif
  tile[place] = value;
}
