// Gradients around the first hidden layer of nets with one input and two hidden layers. Along x a piecewise linear unit
// has one slope up to its kink and one above. So P = sum d_1 phi'_0 and Q = sum d_1 phi'_0 x follow from the sums up to
// the kink and over all rows: d_W1 = Q w0 + P b0, d_b0 = sum W1 P, d_W0 = sum W1 Q.
// conditions [n_couplings, n_rows]; pieces, order [nets, n_rows] from piece_order; sums [nets, HIDDEN_0 + 1,
// 2, upper quads] from piece_sums; gradients: laid out as parameters.
// One invocation owns one lower unit of one net and adds the upper ones in ascending order.
// docs/derivations.md, eq. (43), (69)
#include "shared/activation.wgsl"
#include "shared/grid.wgsl"
#include "shared/kept_loop.wgsl"
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
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> conditions: array<f32>;
@group(0) @binding(3) var<storage, read> pieces: array<u32>;
@group(0) @binding(4) var<storage, read> order: array<u32>;
@group(0) @binding(5) var<storage, read> sums: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;

const N_UPPER_QUADS: u32 = (HIDDEN_1 + 3u) / 4u;

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
  let coupling = net / N_NETS;
  let start = start_of_net(net);
  let weight = parameters[start + unit];
  let bias = parameters[start + BIAS_0 + unit];

  let derivative_before = activate(vec4f(-1.0)).derivative.x;
  let is_rising = weight >= 0.0;
  let below = select(1.0, derivative_before, is_rising);
  let above = select(derivative_before, 1.0, is_rising);
  let first_below = (net * N_PIECES + piece_below(net, coupling, weight, bias)) * 2u * N_UPPER_QUADS;
  let first_all = (net * N_PIECES + HIDDEN_0) * 2u * N_UPPER_QUADS;
  var d_bias = 0.0;
  var d_weight = 0.0;
  for (var quad = 0u; quad < kept_bound(N_UPPER_QUADS); quad++) {
    let p = above * sums[first_all + quad] + (below - above) * sums[first_below + quad];
    let q = above * sums[first_all + N_UPPER_QUADS + quad] + (below - above) * sums[first_below + N_UPPER_QUADS + quad];
#unroll u 4
    if (4u * quad + $u < HIDDEN_1) {
      let place = start + WEIGHT_1 + (4u * quad + $u) * HIDDEN_0 + unit;
      let upper_weight = parameters[place];
      gradients[place] += weight * q[$u] + bias * p[$u];
      d_bias += upper_weight * p[$u];
      d_weight += upper_weight * q[$u];
    }
#end
  }
  gradients[start + BIAS_0 + unit] += d_bias;
  gradients[start + unit] += d_weight;
}

// The last piece in which no row is above the kink.
fn piece_below(net: u32, coupling: u32, weight: f32, bias: f32) -> u32 {
  let first_row = net * params.n_rows;
  var first_above = 0u;
  var end = params.n_rows;
  while (first_above < end) {
    let middle = (first_above + end) / 2u;
    let x = conditions[coupling * params.n_rows + order[first_row + middle]];
    if (is_above_kink(vec4f(x), weight, bias).x) {
      end = middle;
    } else {
      first_above = middle + 1u;
    }
  }
  if (first_above == params.n_rows) {
    return HIDDEN_0;
  }
  return pieces[first_row + order[first_row + first_above]] - 1u;
}
