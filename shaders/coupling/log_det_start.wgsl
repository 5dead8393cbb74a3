// log_det[r] = 0: the log-det of a flow whose bijectors all preserve volume.
// log_det [n_rows].
// One invocation owns one row; nothing is accumulated.
// docs/derivations.md, eq. (1)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> log_det: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index < params.n_rows) {
    log_det[index] = 0.0;
  }
}
