// The bins of rational_quadratic_bins, for four rows at once. Needs bins [n_features, BINS, 2] and the size BINS.
#include "shared/elementary.wgsl"
#include "shared/spline_bin.wgsl"

alias Real = vec4f;
alias Index = vec4u;
alias Truth = vec4<bool>;

fn log_of(value: vec4f) -> vec4f {
  return vec4f(log_accurate(value.x), log_accurate(value.y), log_accurate(value.z), log_accurate(value.w));
}

// The bin of a feature that contains x, or with `by_y` the one whose image contains `value`.
fn bin_with(feature: u32, value: vec4f, by_y: bool) -> Bin {
  let first = 2u * BINS * feature;
  var k = vec4u(0u);
  // The address is the same for all rows.
  for (var i = 1u; i < BINS; i++) {
    let start = select(bins[first + 2u * i].x, bins[first + 2u * i].z, by_y);
    k += select(vec4u(0u), vec4u(1u), value >= vec4f(start));
  }
  let place = first + 2u * k;
  let intervals = transpose(mat4x4f(bins[place.x], bins[place.y], bins[place.z], bins[place.w]));
  let slopes = transpose(
    mat4x2f(bins[place.x + 1u].xy, bins[place.y + 1u].xy, bins[place.z + 1u].xy, bins[place.w + 1u].xy),
  );
  return Bin(
    Interval(k, intervals[0], intervals[1]),
    Interval(k, intervals[2], intervals[3]),
    slopes[0],
    slopes[1],
  );
}
