// Activation functions of four rows and their derivatives; the numbers are those of src/model/activation.ts.
#include "shared/elementary.wgsl"

override ACTIVATION: u32 = 0u;

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;
const TANH: u32 = 3u;
const SILU: u32 = 4u;

const NEGATIVE_SLOPE: f32 = 0.01;

struct Activated {
  value: vec4f,
  derivative: vec4f,
}

fn activate(a: vec4f) -> Activated {
  switch ACTIVATION {
    case RELU: {
      return Activated(max(a, vec4f(0.0)), select(vec4f(0.0), vec4f(1.0), a > vec4f(0.0)));
    }
    case LEAKY_RELU: {
      let derivative = select(vec4f(NEGATIVE_SLOPE), vec4f(1.0), a > vec4f(0.0));
      return Activated(derivative * a, derivative);
    }
    case TANH: {
      let y = vec4f(tanh_accurate(a.x), tanh_accurate(a.y), tanh_accurate(a.z), tanh_accurate(a.w));
      return Activated(y, 1.0 - y * y);
    }
    case SILU: {
      let gate = vec4f(sigmoid(a.x), sigmoid(a.y), sigmoid(a.z), sigmoid(a.w));
      return Activated(a * gate, gate * (1.0 + a * (1.0 - gate)));
    }
    default: {
      return Activated(a, vec4f(1.0));
    }
  }
}
