// The scale map of an affine coupling: raw output a -> log-scale s and its slope ds/da.
// The numbers are those of src/kernels/scale_map.ts. docs/derivations.md, eq. (5), (6)
#include "shared/elementary.wgsl"

override SCALE_MAP: u32 = 0u;

const TANH_BOUNDED: u32 = 1u;

struct LogScale {
  value: f32,
  slope: f32,
}

fn log_scale_of(a: f32, bound: f32) -> LogScale {
  if (SCALE_MAP == TANH_BOUNDED) {
    let y = tanh_accurate(a / bound);
    return LogScale(bound * y, 1.0 - y * y);
  }
  return LogScale(a, 1.0);
}
