// Splines on the units of a tile, one feature of four rows at a time. Needs the bindings and the tile of resident_pass.
#include "shared/rational_quadratic.wgsl"
#if BACKWARD
#include "shared/rational_quadratic_gradient.wgsl"
#endif

alias Real = vec4f;
alias Index = vec4u;
alias Truth = vec4<bool>;

// The spline of a feature; its raw widths and heights become shares of the total.
fn spline_of(op: Op, unit: u32, quad: u32) -> Spline {
  let number = unit * (3u * op.inputs - 1u);
#if BACKWARD
  let gradient = factor_place(op.slot + number, quad);
#else
  let gradient = 0u;
#endif
  let spline = Spline(op.inputs, op.number, (op.source + number) * ROW_QUADS + quad, ROW_QUADS, gradient);
  for (var first = 0u; first <= spline.bins; first += spline.bins) {
    let softmax = softmax_of_raw(spline, first);
    for (var i = first; i < first + spline.bins; i++) {
      tile[spline.first + i * ROW_QUADS] = share_of_raw(raw_number(spline, i), softmax);
    }
  }
  return spline;
}

fn softmax_of(spline: Spline, first: u32) -> Softmax {
  return Softmax();
}

fn share_of(share: vec4f, softmax: Softmax) -> vec4f {
  return share;
}

#if !BACKWARD
// x2 at `to` <-> z2, with the raw numbers at `source`; log dz/dx goes to `aux`. Keeps x2 in the kept rows from `tensor` on.
fn map_spline(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
#if KEEP_ROWS
  if (group_index * ROW_QUADS + quad < params.n_quads) {
    kept[kept_place(op.tensor + unit, quad)] = tile[to];
  }
#endif
  let image = spline_image(spline_of(op, unit, quad), tile[to], (op.option & INVERTED) != 0u);
  tile[to] = image.value;
  tile[(op.aux + unit) * ROW_QUADS + quad] = image.log_derivative;
}
#endif

#if BACKWARD
// z2 -> x2 at `to`, d_z2 -> d_x2 after the state; the raw numbers at `source` become their gradients. x2 is a kept row:
// undoing a flat part of a spline would magnify the rounding of z2.
fn map_spline_backward(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
  let d_to = d_state_start() * ROW_QUADS + to;
  let x = kept[kept_place(op.tensor + unit, quad)];
  tile[to] = x;
  tile[d_to] = spline_gradient(spline_of(op, unit, quad), x, tile[d_to], d_log_det_of(quad));
}

fn keep_raw_gradient(spline: Spline, number: u32, value: vec4f) {
  tile[spline.first + number * ROW_QUADS] = value;
  factors[spline.gradient + number * ROW_QUADS] = value;
}

fn sigmoid_of(value: vec4f) -> vec4f {
  return vec4f(sigmoid(value.x), sigmoid(value.y), sigmoid(value.z), sigmoid(value.w));
}
#endif

#if KEEP_ROWS
fn kept_place(row: u32, quad: u32) -> u32 {
  return row * params.n_quads + min(group_index * ROW_QUADS + quad, params.n_quads - 1u);
}
#endif

fn raw_number(spline: Spline, number: u32) -> vec4f {
  return tile[spline.first + number * spline.stride];
}

fn raw_number_of_each(spline: Spline, number: vec4u) -> vec4f {
  let place = spline.first + number * spline.stride;
  return vec4f(tile[place.x].x, tile[place.y].y, tile[place.z].z, tile[place.w].w);
}

fn log_of(value: vec4f) -> vec4f {
  return vec4f(log_accurate(value.x), log_accurate(value.y), log_accurate(value.z), log_accurate(value.w));
}
