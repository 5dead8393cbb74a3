// Pulls gradients back through z = spline(x) in one bin. docs/derivations.md, eq. (63) to (67)
#include "shared/spline_bin.wgsl"

// Common terms of the gradients, and the gradients that they come from.
struct Pull {
  place: Place,
  ratio: Real,
  d_z: Real,
  d_log_det: Real,
  d_derivative_factor: Real,
  // Through the log-derivative.
  d_denominator: Real,
}

fn pull_at(place: Place, d_z: Real, d_log_det: Real) -> Pull {
  return Pull(
    place,
    place.numerator / place.denominator,
    d_z,
    d_log_det,
    d_log_det / place.derivative_factor,
    -2.0 * d_log_det / place.denominator,
  );
}

fn d_left_of(bin: Bin, pull: Pull) -> Real {
  let place = pull.place;
  return pull.d_z * bin.y.size * place.q * (1.0 - pull.ratio) / place.denominator
    + pull.d_derivative_factor * (1.0 - place.xi) * (1.0 - place.xi) + pull.d_denominator * place.q;
}

fn d_right_of(bin: Bin, pull: Pull) -> Real {
  let place = pull.place;
  return -pull.d_z * bin.y.size * place.q * pull.ratio / place.denominator
    + pull.d_derivative_factor * place.xi * place.xi + pull.d_denominator * place.q;
}

fn d_mean_of(bin: Bin, pull: Pull) -> Real {
  let place = pull.place;
  return pull.d_z * bin.y.size * (place.xi * place.xi - pull.ratio * (1.0 - 2.0 * place.q)) / place.denominator
    + 2.0 * pull.d_log_det / place.mean + 2.0 * pull.d_derivative_factor * place.q
    + pull.d_denominator * (1.0 - 2.0 * place.q);
}

fn d_xi_of(bin: Bin, pull: Pull) -> Real {
  let place = pull.place;
  let xi = place.xi;
  let bend = bin.left + bin.right - 2.0 * place.mean;
  return pull.d_z * bin.y.size * place.mean * place.derivative_factor / (place.denominator * place.denominator)
    + 2.0 * pull.d_derivative_factor * (bin.right * xi + place.mean * (1.0 - 2.0 * xi) - bin.left * (1.0 - xi))
    + pull.d_denominator * bend * (1.0 - 2.0 * xi);
}
