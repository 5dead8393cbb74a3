// Sorts the rows of nets with one input by the piece that contains x, between the kinks of the first hidden
// layer: pieces[r] = count of units with x_r above their kink, order: the rows piece by piece, ends: the
// number of rows up to the end of each piece.
// conditions [n_couplings, n_quads]; pieces, order [nets, rows]; ends [nets, HIDDEN_0 + 1].
// One workgroup sorts the rows of one net by counting; each invocation owns a run of rows, then a run of
// pieces. Rows of one piece stay in ascending order. docs/derivations.md, eq. (69)
#include "shared/net_weights.wgsl"
#include "shared/pieces.wgsl"

struct Params {
  n_quads: u32,
  n_nets: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pieces: array<u32>;
@group(0) @binding(5) var<storage, read_write> order: array<u32>;
@group(0) @binding(6) var<storage, read_write> ends: array<u32>;

const N_COUNTS: u32 = N_PIECES * PIECE_GROUP_SIZE;

// By piece, then by invocation: first the count of rows, then the place of the next one.
var<workgroup> sh_counts: array<u32, N_COUNTS>;
var<workgroup> sh_totals: array<u32, PIECE_GROUP_SIZE>;

@compute @workgroup_size(PIECE_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let net = group.x;
  let coupling = net / N_NETS;
  let start = start_of_net(net);
  let first_row = net * 4u * params.n_quads;

  let quads_each = (params.n_quads + PIECE_GROUP_SIZE - 1u) / PIECE_GROUP_SIZE;
  let first_quad = min(local * quads_each, params.n_quads);
  let end_quad = min(first_quad + quads_each, params.n_quads);
  for (var quad = first_quad; quad < end_quad; quad++) {
    let x = conditions[coupling * params.n_quads + quad];
    var piece = vec4u(0u);
    for (var unit = 0u; unit < HIDDEN_0; unit += 4u) {
      // Past the last unit both are zero, and no x is above.
      let weights = quad_of_row(start, unit, HIDDEN_0);
      let biases = quad_of_row(start + BIAS_0, unit, HIDDEN_0);
#unroll u 4
      piece += select(vec4u(0u), vec4u(1u), is_above_kink(x, weights[$u], biases[$u]));
#end
    }
#unroll u 4
    pieces[first_row + 4u * quad + $u] = piece[$u];
    sh_counts[piece[$u] * PIECE_GROUP_SIZE + local] += 1u;
#end
  }
  workgroupBarrier();

  let pieces_each = (N_PIECES + PIECE_GROUP_SIZE - 1u) / PIECE_GROUP_SIZE;
  let first_piece = min(local * pieces_each, N_PIECES);
  let end_piece = min(first_piece + pieces_each, N_PIECES);
  var total = 0u;
  for (var i = first_piece * PIECE_GROUP_SIZE; i < end_piece * PIECE_GROUP_SIZE; i++) {
    total += sh_counts[i];
  }
  sh_totals[local] = total;
  workgroupBarrier();
  var place = 0u;
  for (var before = 0u; before < local; before++) {
    place += sh_totals[before];
  }
  for (var piece = first_piece; piece < end_piece; piece++) {
    for (var i = piece * PIECE_GROUP_SIZE; i < (piece + 1u) * PIECE_GROUP_SIZE; i++) {
      let count = sh_counts[i];
      sh_counts[i] = place;
      place += count;
    }
    ends[net * N_PIECES + piece] = place;
  }
  workgroupBarrier();

  for (var quad = first_quad; quad < end_quad; quad++) {
#unroll u 4
    {
      let row = 4u * quad + $u;
      let next = pieces[first_row + row] * PIECE_GROUP_SIZE + local;
      order[first_row + sh_counts[next]] = row;
      sh_counts[next] += 1u;
    }
#end
  }
}
