// A mixture of `inputs` diagonal normals on the units of a tile; tensor, bias: mean, log_scale [inputs, count]; aux:
// logits [inputs]. Needs the bindings and the tile of resident_pass. docs/derivations.md, eq. (34) to (36), (120) to (122)
#include "shared/mixture.wgsl"

fn mixture_of(op: Op) -> Mixture {
  return Mixture(op.inputs, op.count, op.tensor, op.bias, op.aux);
}

fn standardized(op: Op, k: u32, j: u32, quad: u32) -> vec4f {
  let mixture = mixture_of(op);
  let z = tile[(op.source + j) * ROW_QUADS + quad];
  return (z - mean_of(mixture, k, j)) * exp(-component_log_scale(mixture, k, j));
}

// log w_k N(z; mean_k, ...) without the power of 2 pi.
fn log_weighted(op: Op, k: u32, quad: u32, log_weights: f32) -> vec4f {
  let mixture = mixture_of(op);
  var sum = vec4f(log_weight_of(mixture, k, log_weights));
  for (var j = 0u; j < op.count; j++) {
    let u = standardized(op, k, j, quad);
    sum -= 0.5 * u * u + component_log_scale(mixture, k, j);
  }
  return sum;
}

// The invocations of a quad share the components. Each leaves the largest logarithm and the sum of exponentials of its
// components in `parts`, which log_mixed then adds.
fn sum_components(op: Op, local: u32, log_weights: f32) {
  let quad = local % ROW_QUADS;
  let lane = local / ROW_QUADS;
  if (lane < op.inputs) {
    var largest = log_weighted(op, lane, quad, log_weights);
    var scaled = vec4f(1.0);
    for (var k = lane + LANES; k < op.inputs; k += LANES) {
      let value = log_weighted(op, k, quad, log_weights);
      let known = largest;
      largest = max(known, value);
      scaled = scaled * exp(known - largest) + exp(value - largest);
    }
    parts[2u * local] = largest;
    parts[2u * local + 1u] = scaled;
  }
  workgroupBarrier();
}

// log sum over k of w_k N(z; mean_k, ...), without the power of 2 pi.
fn log_mixed(op: Op, quad: u32) -> vec4f {
  let n_sums = min(op.inputs, LANES);
  var largest = parts[2u * quad];
  for (var lane = 1u; lane < n_sums; lane++) {
    largest = max(largest, parts[2u * (lane * ROW_QUADS + quad)]);
  }
  var sum = vec4f();
  for (var lane = 0u; lane < n_sums; lane++) {
    let place = 2u * (lane * ROW_QUADS + quad);
    sum += parts[place + 1u] * exp(parts[place] - largest);
  }
  return largest + vec4f(log_accurate(sum.x), log_accurate(sum.y), log_accurate(sum.z), log_accurate(sum.w));
}

#if SCORE
fn log_density(op: Op, local: u32) {
  sum_components(op, local, log_weights_total(mixture_of(op)));
  if (local < ROW_QUADS) {
    add_log_density(op, local, log_mixed(op, local) - 0.5 * f32(op.count) * LOG_2_PI);
  }
}
#endif

#if LOSS
// Keeps the gradients of mean, log_scale and, with logits, those.
fn log_density_backward(op: Op, local: u32) {
  let mixture = mixture_of(op);
  let n_elements = op.inputs * op.count;
  let quad = local % ROW_QUADS;
  let log_weights = log_weights_total(mixture);
  sum_components(op, local, log_weights);
  let log_sum = log_mixed(op, quad);
  let row_share = -d_log_det_of(quad);
  for (var k = local / ROW_QUADS; k < op.inputs; k += LANES) {
    // This component's share of the density.
    let own = exp(log_weighted(op, k, quad, log_weights) - log_sum);
    let share = own * row_share;
    for (var j = 0u; j < op.count; j++) {
      let u = standardized(op, k, j, quad);
      let slot = op.slot + k * op.count + j;
      factors[factor_place(slot, quad)] = -share * u * exp(-component_log_scale(mixture, k, j));
      factors[factor_place(slot + n_elements, quad)] = share * (1.0 - u * u);
    }
    if (op.inputs > 1u) {
      let weight = exp(log_weight_of(mixture, k, log_weights));
      factors[factor_place(op.slot + 2u * n_elements + k, quad)] = (weight - own) * row_share;
    }
  }
  storageBarrier();
  workgroupBarrier();
  // The rows are pulled as the means are, the other way.
  for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
    var d_z = vec4f();
    for (var k = 0u; k < op.inputs; k++) {
      d_z -= factors[factor_place(op.slot + k * op.count + i / ROW_QUADS, i % ROW_QUADS)];
    }
    tile[op.to * ROW_QUADS + i] = d_z;
  }
}
#endif

#if SAMPLE
fn draw_block(op: Op, block: u32, row: vec2u) -> vec4f {
  let mixture = mixture_of(op);
  let k = component_at(mixture, uniform_of(words_of(CHOICE_BLOCK, row).x));
  let z = params.temperature * four_normals(words_of(block, row));
#unroll i 4
  let j_$i = min(4u * block + $i, op.count - 1u);
#end
  let mean = vec4f(
    mean_of(mixture, k, j_0),
    mean_of(mixture, k, j_1),
    mean_of(mixture, k, j_2),
    mean_of(mixture, k, j_3),
  );
  let log_scale = vec4f(
    component_log_scale(mixture, k, j_0),
    component_log_scale(mixture, k, j_1),
    component_log_scale(mixture, k, j_2),
    component_log_scale(mixture, k, j_3),
  );
  return mean + exp(log_scale) * z;
}
#endif
