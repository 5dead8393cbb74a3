// Adds the gradients of the actnorms and invertible linear maps before the couplings of a stack, from what flow_backward
// keeps of each row: x' after the actnorm, y = (U + diag) x' and the gradients d_w, d_y, d_x' of w = L y, y and x'.
// d_L = sum d_w y^T below the diagonal, d_U = sum d_y x'^T above it, d_log_diagonal = exp(log_diagonal) sum d_y x' +
// d_log_det, d_log_scale = sum d_x' x' + d_log_det, d_bias = exp(log_scale) sum d_x'.
// parameters, gradients: laid out by paramLayout; conditions: after the nets' inputs [n_couplings N_INPUT, n_quads], x', y,
// d_w, d_y and d_x' of each coupling [n_couplings, 5, N_DIM, n_quads].
// One invocation owns one element of one coupling and sums over the rows in ascending order.
// docs/derivations.md, eq. (47), (48), (56), (57)
#include "shared/mix_layout.wgsl"

struct Params {
  n_quads: u32,
  n_couplings: u32,
  mix_start: u32,
  coupling_stride: u32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

const N_SQUARE = N_DIM * N_DIM;

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  // L below the diagonal, diag and U; then the log-scales, then the biases of the actnorm.
  let element = group.x * FUSED_GROUP_SIZE + local;
  let coupling = group.y;
  if (element >= N_SQUARE + 2u * N_DIM) {
    return;
  }
  let start = params.mix_start + coupling * params.coupling_stride;
  let i = element / N_DIM;
  let j = element % N_DIM;
  let is_linear = element < N_SQUARE;
  let is_lower = is_linear && i > j;
  let is_bias = element >= N_SQUARE + N_DIM;
  // Which of the five kept vectors, and which feature of it.
  let left = select(4u * N_DIM + j, select(3u, 2u, is_lower) * N_DIM + i, is_linear);
  let right = select(0u, 1u, is_lower) * N_DIM + j;
  let first = params.n_couplings * N_INPUT + coupling * 5u * N_DIM;
  var sums = vec4f();
  for (var quad = 0u; quad < params.n_quads; quad++) {
    let factor = select(conditions[(first + right) * params.n_quads + quad], vec4f(1.0), is_bias);
    sums = fma(conditions[(first + left) * params.n_quads + quad], factor, sums);
  }
  let sum = sums.x + sums.y + sums.z + sums.w;
  if (is_lower) {
    gradients[start + MIX_LOWER + lower_place(i, j)] += sum;
  } else if (is_linear && i < j) {
    gradients[start + MIX_UPPER + upper_place(i, j, N_DIM)] += sum;
  } else if (is_linear) {
    let place = start + MIX_LOG_DIAGONAL + i;
    gradients[place] += exp(parameters[place]) * sum + params.d_log_det;
  } else if (is_bias) {
    gradients[start + j] += exp(parameters[start + MIX_LOG_SCALE + j]) * sum;
  } else {
    gradients[start + MIX_LOG_SCALE + j] += sum + params.d_log_det;
  }
}
