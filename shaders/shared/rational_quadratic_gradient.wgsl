// Pulls gradients back through z = spline(x). Needs `keep_raw_gradient` and `sigmoid_of`, apart from what
// rational_quadratic needs. A gradient may take the place of its raw number. docs/derivations.md, eq. (68)
#include "shared/rational_quadratic.wgsl"
#include "shared/spline_bin_gradient.wgsl"

// d_z -> d_x; the gradients of the raw numbers go to keep_raw_gradient.
fn spline_gradient(spline: Spline, x: Real, d_z: Real, d_log_det: Real) -> Real {
  let bin = bin_at(spline, inner_of(spline.bound, x), false);
  let k = bin.x.index;
  let gradient = gradient_in(bin, spline.bound, x, d_z, d_log_det);
  for (var knot = 1u; knot < spline.bins; knot++) {
    let number = 2u * spline.bins + knot - 1u;
    let d_left = select(Real(0.0), gradient.left, Index(knot) == k);
    let d_right = select(Real(0.0), gradient.right, Index(knot) == k + 1u);
    let v = raw_number(spline, number) + DERIVATIVE_SHIFT;
    keep_raw_gradient(spline, number, (d_left + d_right) * sigmoid_of(v));
  }
  keep_shares(spline, spline.bins, k, gradient.y_start, gradient.y_size);
  keep_shares(spline, 0u, k, gradient.x_start, gradient.x_size);
  return gradient.x;
}

// Maps the gradients of the start and size of interval k to the gradients of the raw numbers of all intervals.
fn keep_shares(spline: Spline, first: u32, k: Index, d_start: Real, d_size: Real) {
  let softmax = softmax_of(spline, first);
  let whole = 2.0 * spline.bound * (1.0 - MIN_SHARE * f32(spline.bins));
  var mean = share_of(raw_number_of_each(spline, Index(first) + k), softmax) * d_size;
  for (var i = 0u; any(Index(i) < k); i++) {
    mean += select(Real(0.0), share_of(raw_number(spline, first + i), softmax) * d_start, Index(i) < k);
  }
  for (var i = 0u; i < spline.bins; i++) {
    let d_share = select(select(Real(0.0), d_size, Index(i) == k), d_start, Index(i) < k);
    let share = share_of(raw_number(spline, first + i), softmax);
    keep_raw_gradient(spline, first + i, whole * share * (d_share - mean));
  }
}
