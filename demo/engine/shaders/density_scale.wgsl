// scale[0] = log(2 sum p^2 / sum p): twice the mean density at samples of the model. For a normal in two dimensions
// that is its peak density. A spike that few samples hit does not darken the rest, as scaling by the maximum would.
// log_prob [n_cells], where values that are not finite count as no density; scale [1].
// One workgroup: each invocation visits every 64th cell twice, first for the maximum, relative to which nothing
// overflows, then for the sums. The first invocation adds these up in invocation order.
const N_LANES: u32 = 64u;
const NOTHING: f32 = -1e30;

struct Params {
  n_cells: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> log_prob: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;

var<workgroup> sh_largest: array<f32, N_LANES>;
var<workgroup> sh_sums: array<vec2f, N_LANES>;

// The comparison is false for NaN.
fn cell(index: u32) -> f32 {
  let value = log_prob[index];
  return select(NOTHING, value, abs(value) < -NOTHING);
}

@compute @workgroup_size(N_LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var largest = NOTHING;
  for (var index = lane; index < params.n_cells; index += N_LANES) {
    largest = max(largest, cell(index));
  }
  sh_largest[lane] = largest;
  workgroupBarrier();
  for (var other = 0u; other < N_LANES; other++) {
    largest = max(largest, sh_largest[other]);
  }
  var sums = vec2f(0.0);
  for (var index = lane; index < params.n_cells; index += N_LANES) {
    let p = exp(cell(index) - largest);
    sums += vec2f(p, p * p);
  }
  sh_sums[lane] = sums;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < N_LANES; other++) {
    sums += sh_sums[other];
  }
  scale[0] = select(0.0, largest + log(2.0 * sums.y / sums.x), largest > NOTHING);
}
