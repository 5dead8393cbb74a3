// states[place] = state, log_dets[place - 1] = log_det: the result of one bijector, kept for a trace.
// state [n_features, n_rows]; log_det [n_rows]; states [*, n_features, n_rows]; log_dets [*, n_rows].
// One invocation owns one row; nothing is accumulated.
// LOG_DET is off at place 0, before the first bijector.
// docs/architecture.md, "A trace"
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  place: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
#if LOG_DET
@group(0) @binding(2) var<storage, read> log_det: array<f32>;
#endif
@group(0) @binding(3) var<storage, read_write> states: array<f32>;
#if LOG_DET
@group(0) @binding(4) var<storage, read_write> log_dets: array<f32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let r = linear_index(group, n_groups, local);
  if (r >= params.n_rows) {
    return;
  }
  let start = params.place * params.n_features * params.n_rows;
  for (var j = 0u; j < params.n_features; j++) {
    let element = j * params.n_rows + r;
    states[start + element] = state[element];
  }
#if LOG_DET
  log_dets[(params.place - 1u) * params.n_rows + r] = log_det[r];
#endif
}
