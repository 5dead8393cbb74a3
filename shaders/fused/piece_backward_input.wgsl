// Pulls the gradient of the outputs of one coupling's nets back to their input: d_x += sum over the upper units of A phi'(A x
// + B) (W^T d_out), for nets with one input and two piecewise linear hidden layers. A x + B is the line of a unit over the
// piece of x.
// conditions x [1, n_quads]; d_outputs [nets N_OUT, n_quads]; lines from piece_lines; d_state [*, n_quads], from feature
// condition_start; d_units [nets, n_rows, upper quads] receives phi'(A x + B) (W^T d_out), for piece_sums. One invocation
// owns four rows (a quad) and adds up the upper units in ascending order.
// docs/derivations.md, eq. (21), (22), (71)
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
@group(0) @binding(4) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(5) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> d_state: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> d_units: array<vec4f>;

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(
  @builtin(global_invocation_id) invocation: vec3u,
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
  let x = conditions[quad];
  var d_x = vec4f();
  for (var net = 0u; net < params.n_nets; net++) {
    let start = start_of_net(net);
    let piece = piece_of_quad(x, start, lane);
    let first_lines = (net * N_PIECES + piece) * (2u * N_UPPER_QUADS);
    for (var upper = 0u; upper < kept_bound(N_UPPER_QUADS); upper++) {
#unroll r 4
      var d_unit_$r = vec4f(0.0);
#end
      for (var first = 0u; first < kept_bound(N_OUT); first += LANES) {
        let own_weights = out_quad(start + WEIGHT_OUT + min(first + lane, N_OUT - 1u) * HIDDEN_1, 4u * upper);
#unroll k LANES
        {
          let c = first + $k;
          let place = (net * N_OUT + min(c, N_OUT - 1u)) * params.n_quads + quad;
          let d_out = select(vec4f(), d_outputs[place], c < N_OUT);
          let weights = quad_of_lane(own_weights, $k);
#unroll r 4
          d_unit_$r += d_out[$r] * weights;
#end
        }
#end
      }
#unroll r 4
      {
        let slope = lines[first_lines[$r] + 2u * upper];
        let unit = activate(fma(slope, vec4f(x[$r]), lines[first_lines[$r] + 2u * upper + 1u]));
        let d_1 = d_unit_$r * unit.derivative;
        d_x[$r] += dot(d_1, slope);
        if (is_quad) {
          d_units[((net * params.n_quads + quad) * 4u + $r) * N_UPPER_QUADS + upper] = d_1;
        }
      }
#end
    }
  }
  if (is_quad) {
    d_state[params.condition_start * params.n_quads + quad] += d_x;
  }
}
