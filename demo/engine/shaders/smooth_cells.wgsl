// log_prob[c] = log(sum over cells d of counts[d] * normal(c - d; sigma) / (n_rows * cell_area)): the counts of samples,
// smoothed by a Gaussian of sigma cells that ends after three. Nothing near a cell gives NOTHING.
// counts, log_prob [n_side * n_side]. One invocation writes one cell; its sum runs row by row.
const NOTHING: f32 = -2e30;

struct Params {
  n_side: u32,
  n_rows: u32,
  sigma: f32,
  cell_area: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> log_prob: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let side = i32(params.n_side);
  let cell = i32(id.x);
  if (cell >= side * side) {
    return;
  }
  let here = vec2i(cell % side, cell / side);
  let reach = i32(ceil(3.0 * params.sigma));
  let low = max(here - reach, vec2i(0));
  let high = min(here + reach, vec2i(side - 1));
  let rate = -0.5 / (params.sigma * params.sigma);
  var sum = 0.0;
  for (var y = low.y; y <= high.y; y++) {
    let d_y = f32(y - here.y);
    for (var x = low.x; x <= high.x; x++) {
      let count = counts[y * side + x];
      if (count > 0u) {
        let d_x = f32(x - here.x);
        sum += f32(count) * exp(rate * (d_x * d_x + d_y * d_y));
      }
    }
  }
  let area = 6.2831853 * params.sigma * params.sigma * params.cell_area;
  log_prob[cell] = select(NOTHING, log(sum / (f32(params.n_rows) * area)), sum > 0.0);
}
