// The spline that a feature has in all rows: raw [n_features, 3 BINS - 1] from params.raw_start. Needs raw and params.bound.
#include "shared/spline_numbers.wgsl"

fn spline_of(feature: u32) -> Spline {
  let first = params.raw_start + feature * N_RAW;
  return Spline(BINS, params.bound, first, 1u, first);
}
