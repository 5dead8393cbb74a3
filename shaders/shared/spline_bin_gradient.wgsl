// Pulls gradients back through z = spline(x) in one bin. docs/derivations.md, eq. (63) to (67)
#include "shared/spline_bin.wgsl"

// The gradient of x, and those of the bin: zero if x is outside.
struct BinGradient {
  x: Real,
  x_start: Real,
  x_size: Real,
  y_start: Real,
  y_size: Real,
  left: Real,
  right: Real,
}

// `bin` contains inner_of(bound, x).
fn gradient_in(bin: Bin, bound: f32, x: Real, d_z: Real, d_log_det: Real) -> BinGradient {
  let inside = is_inside(bound, x);
  let place = place_in(bin, xi_of_x(bin, inner_of(bound, x)));
  let xi = place.xi;
  let q = place.q;
  let denominator = place.denominator;
  let ratio = place.numerator / denominator;
  let bend = bin.left + bin.right - 2.0 * place.mean;
  let d_derivative_factor = d_log_det / place.derivative_factor;
  // The denominator's gradient through the log-derivative.
  let d_denominator = -2.0 * d_log_det / denominator;
  let rise = bin.y.size;
  let width = bin.x.size;
  let d_left = d_z * rise * q * (1.0 - ratio) / denominator
    + d_derivative_factor * (1.0 - xi) * (1.0 - xi) + d_denominator * q;
  let d_right = -d_z * rise * q * ratio / denominator + d_derivative_factor * xi * xi + d_denominator * q;
  let d_mean = d_z * rise * (xi * xi - ratio * (1.0 - 2.0 * q)) / denominator
    + 2.0 * d_log_det / place.mean + 2.0 * d_derivative_factor * q + d_denominator * (1.0 - 2.0 * q);
  let d_xi = d_z * rise * place.mean * place.derivative_factor / (denominator * denominator)
    + 2.0 * d_derivative_factor * (bin.right * xi + place.mean * (1.0 - 2.0 * xi) - bin.left * (1.0 - xi))
    + d_denominator * bend * (1.0 - 2.0 * xi);
  let d_x = d_xi / width;
  return BinGradient(
    select(d_z, d_x, inside),
    select(Real(0.0), -d_x, inside),
    select(Real(0.0), -(d_xi * xi + d_mean * place.mean) / width, inside),
    select(Real(0.0), d_z, inside),
    select(Real(0.0), d_z * ratio + d_mean / width, inside),
    select(Real(0.0), d_left, inside),
    select(Real(0.0), d_right, inside),
  );
}
