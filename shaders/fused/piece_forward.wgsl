// The outputs of the nets of one coupling, which have one input and two piecewise linear hidden layers: out = W phi(A x + B) +
// b with the line A x + B of each upper unit over the piece of x. It also copies x to conditions, for the backward pass.
// state x: [*, n_quads] from feature condition_start; lines from piece_lines; conditions [1, n_quads]; outputs [nets N_OUT,
// n_quads]. One invocation owns N_OWN_OUT outputs of one net for four rows (a quad) and adds up the upper units in ascending
// order; the lanes load the weights in N_LANE_GROUPS turns and share them.
// docs/derivations.md, eq. (71)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/activation.wgsl"
#include "shared/kept_loop.wgsl"
#include "shared/lanes.wgsl"
#include "shared/out_quad.wgsl"
#include "shared/piece_of_quad.wgsl"

struct Params {
  n_quads: u32,
  n_nets: u32,
  condition_start: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> lines: array<vec4f>;
@group(0) @binding(4) var<storage, read> state: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> conditions: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> outputs: array<vec4f>;

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(
  @builtin(global_invocation_id) invocation: vec3u,
  @builtin(workgroup_id) group: vec3u,
#if SUBGROUPS
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
#endif
) {
#if SUBGROUPS
  let lane = subgroup_lane % LANES;
#else
  let lane = 0u;
#endif
  // Invocations past the end run along, because other lanes need the weights that they load.
  let is_quad = invocation.x < params.n_quads;
  let quad = min(invocation.x, params.n_quads - 1u);
  let x = state[params.condition_start * params.n_quads + quad];
  if (is_quad && group.y == 0u && group.z == 0u) {
    conditions[quad] = x;
  }
  let net = group.z;
  let first_own = group.y * N_OWN_OUT;
  let start = start_of_net(net);
  let piece = piece_of_quad(x, start, lane);
  let first_lines = (net * N_PIECES + piece) * (2u * N_UPPER_QUADS);
#unroll c N_OWN_OUT
  var out_$c = vec4f(parameters[start + BIAS_OUT + min(first_own + $c, N_OUT - 1u)]);
#end
  for (var upper = 0u; upper < kept_bound(N_UPPER_QUADS); upper++) {
#unroll r 4
    let unit_$r = activate(
      fma(lines[first_lines[$r] + 2u * upper], vec4f(x[$r]), lines[first_lines[$r] + 2u * upper + 1u]),
    ).value;
#end
#unroll g N_LANE_GROUPS
    let own_weights_$g = out_quad(start + WEIGHT_OUT + min(first_own + $g * LANES + lane, N_OUT - 1u) * HIDDEN_1, 4u * upper);
#end
    let own_weights = array<vec4f, N_LANE_GROUPS>(
#unroll g N_LANE_GROUPS
      own_weights_$g,
#end
    );
#unroll c N_OWN_OUT
    {
      let weights = quad_of_lane(own_weights[$c / LANES], $c % LANES);
      out_$c += vec4f(dot(weights, unit_0), dot(weights, unit_1), dot(weights, unit_2), dot(weights, unit_3));
    }
#end
  }
#unroll c N_OWN_OUT
  if (is_quad && first_own + $c < N_OUT) {
    outputs[(net * N_OUT + first_own + $c) * params.n_quads + quad] = out_$c;
  }
#end
}
