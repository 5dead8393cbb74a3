// Adds the gradients of the first layer of nets with several hidden layers, d_b0 and d_W0, as sums of
// partials over blocks of the upper units.
// partials [n_nets, n_blocks, N_PARTIALS = N_INPUT + 1, HIDDEN_0], first the bias's part, then the
// weights', by input; gradients: laid out as parameters.
// One invocation owns one unit of one net and adds the blocks in ascending order. docs/derivations.md, eq. (43)
#include "shared/grid.wgsl"
#include "shared/net_start.wgsl"

struct Params {
  n_blocks: u32,
  n_nets: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_nets * HIDDEN_0) {
    return;
  }
  let net = index / HIDDEN_0;
  let unit = index % HIDDEN_0;
  let start = start_of_net(net);
  var sums = array<f32, N_PARTIALS>();
  for (var block = 0u; block < params.n_blocks; block++) {
    let first = (net * params.n_blocks + block) * N_PARTIALS * HIDDEN_0 + unit;
#unroll i N_PARTIALS
    sums[$i] += partials[first + $i * HIDDEN_0];
#end
  }
  gradients[start + (HIDDEN_0 * N_INPUT + 3u) / 4u * 4u + unit] += sums[0];
#unroll i N_INPUT
  gradients[start + unit * N_INPUT + $i] += sums[$i + 1u];
#end
}
