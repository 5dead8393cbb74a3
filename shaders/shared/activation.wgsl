// Activation functions and their slopes; the numbers are those of src/kernels/activation.ts.
#include "shared/elementary.wgsl"

override ACTIVATION: u32 = 0u;

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;
const TANH: u32 = 3u;
const SILU: u32 = 4u;

const NEGATIVE_SLOPE: f32 = 0.01;

struct Activated {
  value: f32,
  slope: f32,
}

fn activate(a: f32) -> Activated {
  switch ACTIVATION {
    case RELU: {
      return Activated(max(a, 0.0), select(0.0, 1.0, a > 0.0));
    }
    case LEAKY_RELU: {
      let slope = select(NEGATIVE_SLOPE, 1.0, a > 0.0);
      return Activated(slope * a, slope);
    }
    case TANH: {
      let y = tanh_accurate(a);
      return Activated(y, 1.0 - y * y);
    }
    case SILU: {
      let gate = sigmoid(a);
      return Activated(a * gate, gate * (1.0 + a * (1.0 - gate)));
    }
    default: {
      return Activated(a, 1.0);
    }
  }
}
