// counts[c] += the number of rows in cell c of a grid over the frame, for the two shown features.
// state [n_features, n_stride], of which n_rows count; counts [n_side * n_side], zeroed before; cell c lies in column
// c mod n_side, row c div n_side from below.
// One invocation counts one row. Whole numbers add up the same in any order.
struct Params {
  centre: vec2f,
  half_size: vec2f,
  n_rows: u32,
  n_side: u32,
  start_x: u32,
  start_y: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = id.x;
  if (r >= params.n_rows) {
    return;
  }
  let point = vec2f(state[params.start_x + r], state[params.start_y + r]);
  let place = 0.5 * f32(params.n_side) * ((point - params.centre) / params.half_size + 1.0);
  // The comparison is false for NaN.
  if (!all(place >= vec2f(0.0)) || !all(place < vec2f(f32(params.n_side)))) {
    return;
  }
  let cell = vec2u(place);
  atomicAdd(&counts[cell.y * params.n_side + cell.x], 1u);
}
