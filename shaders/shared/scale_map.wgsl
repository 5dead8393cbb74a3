// The scale map of an affine coupling: raw output a -> log-scale s and its derivative ds/da.
// docs/derivations.md, eq. (5), (6), (44), (82), (159)
#include "shared/elementary.wgsl"

override SCALE_MAP: u32 = 0u;

// Glow's shift: a fresh net, whose outputs are zero, starts near the identity.
const SIGMOID_SHIFT: f32 = 2.0;

struct LogScale {
  value: f32,
  derivative: f32,
}

// `bound` is the bound of tanh and softclip, or the floor that sigmoid adds to the scale.
fn log_scale_of(a: f32, bound: f32) -> LogScale {
  if (SCALE_MAP == SCALE_MAP_TANH) {
    let y = tanh_accurate(a / bound);
    return LogScale(bound * y, 1.0 - y * y);
  }
  if (SCALE_MAP == SCALE_MAP_SIGMOID) {
    let v = a + SIGMOID_SHIFT;
    if (bound > 0.0) {
      let scale = sigmoid(v) + bound;
      return LogScale(log_accurate(scale), sigmoid(v) * sigmoid(-v) / scale);
    }
    return LogScale(min(v, 0.0) - log_accurate(1.0 + exp(-abs(v))), sigmoid(-v));
  }
  if (SCALE_MAP == SCALE_MAP_SOFTCLIP) {
    let share = 1.0 / (1.0 + abs(a) / bound);
    return LogScale(a * share, share * share);
  }
  return LogScale(a, 1.0);
}

// The same for four rows.
struct LogScaleQuad {
  value: vec4f,
  derivative: vec4f,
}

fn log_scale_of_quad(a: vec4f, bound: f32) -> LogScaleQuad {
  let x = log_scale_of(a.x, bound);
  let y = log_scale_of(a.y, bound);
  let z = log_scale_of(a.z, bound);
  let w = log_scale_of(a.w, bound);
  return LogScaleQuad(vec4f(x.value, y.value, z.value, w.value), vec4f(x.derivative, y.derivative, z.derivative, w.derivative));
}
