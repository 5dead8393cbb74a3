// Sums over rows sorted by piece_order, for the gradients of nets with one input and two hidden layers: d_1 =
// phi'(a1) W^T d_out and d_1 x, summed over all rows up to the end of each piece. Also the gradients above,
// d_W = sum d_out h1, d_b = sum d_out, d_b1 = sum d_1.
// conditions [n_couplings, n_rows]; d_outputs [n_couplings N_COUPLING_OUT, n_rows]; lines from piece_lines;
// sums [nets, HIDDEN_0 + 1, 2, upper quads]; gradients: laid out as parameters. With PULLS this kernel computes d_1. With
// GIVEN it reads d_1 from d_units [nets, n_rows, upper quads], which piece_backward_input has written: several invocations
// then share the outputs of a net.
// One invocation owns four upper units of one net, with N_OWN_OUT of its outputs, and adds the rows in their order, up to
// the end; the lanes load the gradients of the outputs and share them.
// docs/derivations.md, eq. (20) to (24), (69)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/activation.wgsl"
#include "shared/lanes.wgsl"
#include "shared/net_layout.wgsl"
#include "shared/pieces.wgsl"

struct Params {
  n_rows: u32,
  n_nets: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
#if PULLS
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#endif
@group(0) @binding(2) var<storage, read> conditions: array<f32>;
@group(0) @binding(3) var<storage, read> d_outputs: array<f32>;
@group(0) @binding(4) var<storage, read> lines: array<vec4f>;
@group(0) @binding(5) var<storage, read> order: array<u32>;
@group(0) @binding(6) var<storage, read> ends: array<u32>;
@group(0) @binding(7) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> gradients: array<f32>;
#if GIVEN
@group(0) @binding(9) var<storage, read> d_units: array<vec4f>;
#endif

const N_UPPER_QUADS: u32 = (HIDDEN_1 + 3u) / 4u;

// Rows per block with a separate sum.
const BLOCK_ROWS: u32 = 32u;

@compute @workgroup_size(PIECE_GROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
#if SUBGROUPS
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
#endif
) {
  let net = group.y;
  let coupling = net / N_NETS;
  let start = start_of_net(net);
  let invocation_quad = group.x * PIECE_GROUP_SIZE + local;
  let is_past_end = invocation_quad >= N_UPPER_QUADS;
#if SUBGROUPS
  let lane = subgroup_lane % LANES;
  // Other invocations past the end run along, because other lanes need the gradients that they load.
  if (subgroupAll(is_past_end)) {
    return;
  }
#else
  if (is_past_end) {
    return;
  }
#endif
  let upper_quad = min(invocation_quad, N_UPPER_QUADS - 1u);
  let first_row = net * params.n_rows;
  let first_condition = coupling * params.n_rows;
  let first_output = net * N_OUT * params.n_rows;
  let units = min(4u * upper_quad + vec4u(0u, 1u, 2u, 3u), vec4u(HIDDEN_1 - 1u));
  let first_own = group.z * N_OWN_OUT;
#unroll c N_OWN_OUT
  let own_$c = min(first_own + $c, N_OUT - 1u);
  let out_units_$c = start + WEIGHT_OUT + own_$c * HIDDEN_1 + units;
#if PULLS
  let out_$c = vec4f(
    parameters[out_units_$c.x],
    parameters[out_units_$c.y],
    parameters[out_units_$c.z],
    parameters[out_units_$c.w],
  );
#endif
  var d_out_weight_$c = vec4f();
  var d_out_bias_$c = 0.0;
#end
  var sum = vec4f();
  var sum_x = vec4f();
  var place = 0u;
  for (var piece = 0u; piece < N_PIECES; piece++) {
    let end = ends[net * N_PIECES + piece];
    let line = ((net * N_PIECES + piece) * N_UPPER_QUADS + upper_quad) * 2u;
    let slope = lines[line];
    let intercept = lines[line + 1u];
    while (place < end) {
      // Small sums first: fewer roundings affect the large ones.
      let block_end = min(place + BLOCK_ROWS, end);
      var block = vec4f(0.0);
      var block_x = vec4f(0.0);
#unroll c N_OWN_OUT
      var block_weight_$c = vec4f(0.0);
      var block_bias_$c = 0.0;
#end
      loop {
        let row = order[first_row + place];
        let x = conditions[first_condition + row];
        let unit = activate(fma(slope, vec4f(x), intercept));
#if PULLS
        var d_unit = vec4f(0.0);
#endif
#if SUBGROUPS
        let lane_d_out = d_outputs[first_output + min(first_own + lane, N_OUT - 1u) * params.n_rows + row];
#endif
#unroll c N_OWN_OUT
        {
#if SUBGROUPS
          let d_out = scalar_of_lane(lane_d_out, $c);
#else
          let d_out = d_outputs[first_output + own_$c * params.n_rows + row];
#endif
#if PULLS
          d_unit += d_out * out_$c;
#endif
          block_weight_$c += d_out * unit.value;
          block_bias_$c += d_out;
        }
#end
#if GIVEN
        let d_1 = d_units[(first_row + row) * N_UPPER_QUADS + upper_quad];
#else
        let d_1 = d_unit * unit.derivative;
#endif
        block += d_1;
        block_x += d_1 * x;
        place++;
        if (place >= block_end) {
          break;
        }
      }
      sum += block;
      sum_x += block_x;
#unroll c N_OWN_OUT
      d_out_weight_$c += block_weight_$c;
      d_out_bias_$c += block_bias_$c;
#end
    }
    if (group.z == 0u && !is_past_end) {
      let first_sum = (net * N_PIECES + piece) * 2u * N_UPPER_QUADS + upper_quad;
      sums[first_sum] = sum;
      sums[first_sum + N_UPPER_QUADS] = sum_x;
    }
  }
  if (is_past_end) {
    return;
  }

#unroll u 4
  if (4u * upper_quad + $u < HIDDEN_1) {
    if (group.z == 0u) {
      gradients[start + BIAS_1 + units[$u]] += sum[$u];
    }
#unroll c N_OWN_OUT
    if (first_own + $c < N_OUT) {
      gradients[out_units_$c[$u]] += d_out_weight_$c[$u];
    }
#end
  }
#end
  if (upper_quad > 0u) {
    return;
  }
#unroll c N_OWN_OUT
  if (first_own + $c < N_OUT) {
    gradients[start + BIAS_OUT + own_$c] += d_out_bias_$c;
  }
#end
}
