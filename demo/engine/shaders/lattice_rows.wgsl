// state[j, r] = the position of cell first + r of a grid over the frame for the two shown features, means[j] for the
// others.
// means [n_features]; state [n_features, n_rows]; cell c lies in column c mod n_side, row c div n_side from below.
// One invocation writes one row of the state; cells after the last repeat it.
struct Params {
  centre: vec2f,
  half_size: vec2f,
  n_rows: u32,
  n_features: u32,
  n_side: u32,
  first: u32,
  column_x: u32,
  column_y: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = id.x;
  if (r >= params.n_rows) {
    return;
  }
  let cell = min(params.first + r, params.n_side * params.n_side - 1u);
  let place = vec2f(vec2u(cell % params.n_side, cell / params.n_side)) + 0.5;
  let point = params.centre + params.half_size * (2.0 * place / f32(params.n_side) - 1.0);
  for (var j = 0u; j < params.n_features; j++) {
    var value = means[j];
    if (j == params.column_x) {
      value = point.x;
    } else if (j == params.column_y) {
      value = point.y;
    }
    state[j * params.n_rows + r] = value;
  }
}
