// The spline of one feature of one row: raw [n_transformed, 3 BINS - 1, n_rows]. Needs raw and params.bound.
#include "shared/spline_numbers.wgsl"

fn spline_of(feature: u32, row: u32) -> Spline {
  let first = feature * N_RAW * params.n_rows + row;
  return Spline(BINS, params.bound, first, params.n_rows, first);
}
