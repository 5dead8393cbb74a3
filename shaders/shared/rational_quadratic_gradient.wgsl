// Pulls gradients back through z = spline(x). Needs `keep_raw_gradient` and `sigmoid_of`, apart from what
// rational_quadratic needs. A gradient may take the place of its raw number. docs/derivations.md, eq. (68)
#include "shared/rational_quadratic.wgsl"
#include "shared/spline_bin_gradient.wgsl"

// d_z -> d_x; the gradients of the raw numbers go to keep_raw_gradient, each as early as possible to free registers.
fn spline_gradient(spline: Spline, x: Real, d_z: Real, d_log_det: Real) -> Real {
  let inside = is_inside(spline.bound, x);
  let inner = inner_of(spline.bound, x);
  let bin = bin_at(spline, inner, false);
  let pull = pull_at(place_in(bin, xi_of_x(bin, inner)), d_z, d_log_det);
  let d_left = d_left_of(bin, pull);
  let d_right = d_right_of(bin, pull);
  let k = bin.x.index;
  for (var knot = 1u; knot < spline.bins; knot++) {
    let number = 2u * spline.bins + knot - 1u;
    let d_derivative = select(Real(0.0), d_left, Index(knot) == k) + select(Real(0.0), d_right, Index(knot) == k + 1u);
    let v = raw_number(spline, number) + DERIVATIVE_SHIFT;
    keep_raw_gradient(spline, number, select(Real(0.0), d_derivative * sigmoid_of(v), inside));
  }

  let width = bin.x.size;
  let d_mean = d_mean_of(bin, pull);
  keep_shares(spline, spline.bins, k, inside, d_z, d_z * pull.ratio + d_mean / width);

  let d_xi = d_xi_of(bin, pull);
  let d_x = d_xi / width;
  keep_shares(spline, 0u, k, inside, -d_x, -(d_xi * pull.place.xi + d_mean * pull.place.mean) / width);
  return select(d_z, d_x, inside);
}

// Maps the gradients of the start and size of interval k to the gradients of the raw numbers of all intervals.
fn keep_shares(spline: Spline, first: u32, k: Index, inside: Truth, d_start: Real, d_size: Real) {
  let softmax = softmax_of(spline, first);
  let whole = 2.0 * spline.bound * (1.0 - MIN_SHARE * f32(spline.bins));
  var mean = share_of(raw_number_of_each(spline, Index(first) + k), softmax) * d_size;
  for (var i = 0u; any(Index(i) < k); i++) {
    mean += select(Real(0.0), share_of(raw_number(spline, first + i), softmax) * d_start, Index(i) < k);
  }
  for (var i = 0u; i < spline.bins; i++) {
    let d_share = select(select(Real(0.0), d_size, Index(i) == k), d_start, Index(i) < k);
    let share = share_of(raw_number(spline, first + i), softmax);
    keep_raw_gradient(spline, first + i, select(Real(0.0), whole * share * (d_share - mean), inside));
  }
}
