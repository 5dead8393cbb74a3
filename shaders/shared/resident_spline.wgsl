// Splines on the units of a tile, one feature of four rows at a time. Needs the bindings and the tile of resident_pass.
#include "shared/rational_quadratic.wgsl"
#if KEEP
#include "shared/rational_quadratic_gradient.wgsl"
#endif

alias Real = vec4f;
alias Index = vec4u;
alias Truth = vec4<bool>;

// The spline of a feature; its raw widths and heights become shares of the total.
fn spline_of(op: Op, unit: u32, quad: u32) -> Spline {
  let number = unit * (3u * op.inputs - 1u);
#if KEEP
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

// x2 at `to` <-> z2, with the raw numbers at `source`; log dz/dx goes to `aux`. With a slot `slope` it keeps x2.
fn map_spline(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
#if KEEP
  if (op.slope != 0u) {
    factors[factor_place(op.slope + unit, quad)] = tile[to];
  }
#endif
  let image = spline_image(spline_of(op, unit, quad), tile[to], (op.option & INVERTED) != 0u);
  tile[to] = image.value;
  tile[(op.aux + unit) * ROW_QUADS + quad] = image.log_derivative;
}

#if KEEP
// d_z2 -> d_x2 at `to`; the raw numbers at `source` become their gradients, which slots from `slot` on keep. x2 is in the
// slots from `slope` on.
fn map_spline_backward(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
  let x = factors[factor_place(op.slope + unit, quad)];
  tile[to] = spline_gradient(spline_of(op, unit, quad), x, tile[to], d_log_det_of(quad));
}

fn keep_raw_gradient(spline: Spline, number: u32, value: vec4f) {
  tile[spline.first + number * ROW_QUADS] = value;
  factors[spline.gradient + 2u * number] = value;
}

fn sigmoid_of(value: vec4f) -> vec4f {
  return vec4f(sigmoid(value.x), sigmoid(value.y), sigmoid(value.z), sigmoid(value.w));
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
