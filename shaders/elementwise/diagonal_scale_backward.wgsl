// Undoes z = (x + bias) exp(log_scale) and pulls the gradient back through it: x = z exp(-log_scale) - bias,
// d_x = d_z exp(log_scale), d_log_scale += sum_r (d_z z + d_log_det), d_bias += sum_r d_x.
// parameters, gradients: log_scale [n_features] and, with BIAS, bias [n_features]; state z -> x and d_state
// d_z -> d_x: [n_features, n_rows], in place. d_log_det is the same for each of n_valid_rows, the rows before the padding.
// A workgroup owns one feature; invocation l takes rows l, l + 256, ... in ascending order, then a fixed tree.
// docs/derivations.md, eq. (46) to (48)
#include "shared/tree_sum.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  log_scale_offset: u32,
  bias_offset: u32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(REDUCTION_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let j = group.y * n_groups.x + group.x;
  if (j >= params.n_features) {
    return;
  }
  let log_scale = parameters[params.log_scale_offset + j];
  let scale = exp(log_scale);
  let inverse_scale = exp(-log_scale);
  var d_log_scale = 0.0;
  var d_bias = 0.0;
  for (var r = local; r < params.n_rows; r += REDUCTION_SIZE) {
    let place = j * params.n_rows + r;
    let z = state[place];
    let d_z = d_state[place];
#if BIAS
    state[place] = z * inverse_scale - parameters[params.bias_offset + j];
#else
    state[place] = z * inverse_scale;
#endif
    let d_x = d_z * scale;
    d_state[place] = d_x;
    d_log_scale += d_z * z;
    d_bias += d_x;
  }
  let d_log_scale_sum = tree_sum(local, d_log_scale);
#if BIAS
  // Every invocation must read the first sum before the second one replaces it.
  workgroupBarrier();
  let d_bias_sum = tree_sum(local, d_bias);
  if (local == 0u) {
    gradients[params.bias_offset + j] += d_bias_sum;
  }
#endif
  if (local == 0u) {
    gradients[params.log_scale_offset + j] += d_log_scale_sum + f32(params.n_valid_rows) * params.d_log_det;
  }
}
