// state[c, r] = dataset[shuffled_row(p mod n_data; epoch + p div n_data), c], p = position + row_start + r.
// step_state [1]: the step; step_cursor [ring_size, 2]: (epoch, position of the batch's first row) by step mod ring_size;
// dataset [segment_rows, n_features] row-major, rows from segment_start of all n_data; state [n_features, n_rows].
// With WEIGHTED, the shuffle gives a place k instead, and the row is the first whose bound exceeds k + u / 2^32 with u a
// random word of the epoch. bounds [n_data, 2]: whole and fraction in 2^-32 of the running sum of the weights of mean 1.
// One invocation copies one row, and only if its row lies in this segment: one dispatch per segment fills the batch.
// With WIDTHS, the cell of a value v and a width w is a draw: uniform in [v, v + w) if w > 0, normal with mean v and
// standard deviation -w if w < 0; feature c of a row takes words 2 (c mod 2) and 2 (c mod 2) + 1 of Philox counter
// (c div 2, data row, epoch, stream). widths [segment_rows, n_features] row-major.
// docs/derivations.md, eq. (31) to (33), (143); src/random.ts, shuffledRow; src/data/cells.ts, drawCells
#include "shared/grid.wgsl"
#include "shared/feistel.wgsl"
#include "shared/normal.wgsl"

struct Params {
  n_rows: u32,
  row_start: u32,
  n_features: u32,
  n_data: u32,
  segment_start: u32,
  segment_rows: u32,
  seed_lo: u32,
  seed_hi: u32,
  ring_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_state: array<u32>;
@group(0) @binding(2) var<storage, read> step_cursor: array<u32>;
@group(0) @binding(3) var<storage, read> dataset: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
#if WIDTHS
@group(0) @binding(5) var<storage, read> widths: array<f32>;

fn drawn(value: f32, width: f32, words: vec2u) -> f32 {
  if (width > 0.0) {
    return value + width * uniform_of(words.x);
  }
  return value - width * normal_pair(words).x;
}
#endif
#if WEIGHTED
@group(0) @binding(6) var<storage, read> bounds: array<vec2u>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let r = linear_index(group, n_groups, local);
  if (r >= params.n_rows) {
    return;
  }
  let slot = step_state[0] % params.ring_size;
  let batch_row = params.row_start + r;
  var epoch = step_cursor[2u * slot] + batch_row / params.n_data;
  var position = step_cursor[2u * slot + 1u];

  // position + rest may exceed 2^32; its distance to the epoch's end cannot.
  let rest = batch_row % params.n_data;
  let left = params.n_data - position;
  if (rest < left) {
    position += rest;
  } else {
    epoch += 1u;
    position = rest - left;
  }

  let seed = vec2u(params.seed_lo, params.seed_hi);
#if WEIGHTED
  let place = shuffled_row(position, params.n_data, seed, epoch);
  let data_row = weighted_row(place, shuffle_offset(seed, epoch));
#else
  let data_row = shuffled_row(position, params.n_data, seed, epoch);
#endif
  // A row before the segment wraps around to a number past its end.
  let segment_row = data_row - params.segment_start;
  if (segment_row >= params.segment_rows) {
    return;
  }
  for (var c = 0u; c < params.n_features; c++) {
    let cell = segment_row * params.n_features + c;
    var value = dataset[cell];
#if WIDTHS
    if (widths[cell] != 0.0) {
      let words = philox(vec4u(c >> 1u, data_row, epoch, STREAM_CELLS), vec2u(params.seed_lo, params.seed_hi));
      value = drawn(value, widths[cell], select(words.xy, words.zw, (c & 1u) == 1u));
    }
#endif
    state[c * params.n_rows + r] = value;
  }
}
#if WEIGHTED

// The first row whose bound exceeds place + fraction / 2^32.
fn weighted_row(place: u32, fraction: u32) -> u32 {
  var first = 0u;
  var last = params.n_data - 1u;
  while (first < last) {
    let middle = first + (last - first) / 2u;
    let bound = bounds[middle];
    if (bound.x > place || (bound.x == place && bound.y > fraction)) {
      last = middle;
    } else {
      first = middle + 1u;
    }
  }
  return first;
}
#endif
