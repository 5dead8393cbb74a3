// The shift map of a coupling: raw output u -> shift t and its slope dt/du. Unbounded, t = u.
// docs/derivations.md, eq. (85)
#include "shared/elementary.wgsl"

override SHIFT_BOUNDED: u32 = 0u;

struct Shift {
  value: f32,
  slope: f32,
}

fn shift_of(u: f32, bound: f32) -> Shift {
  if (SHIFT_BOUNDED == 1u) {
    let y = tanh_accurate(u / bound);
    return Shift(bound * y, 1.0 - y * y);
  }
  return Shift(u, 1.0);
}
