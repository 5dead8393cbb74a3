// Activation functions for four rows, and their derivatives.
#include "shared/elementary.wgsl"

override ACTIVATION: u32 = 0u;

const NEGATIVE_SLOPE: f32 = 0.01;

struct Activated {
  value: vec4f,
  derivative: vec4f,
}

fn activate(a: vec4f) -> Activated {
  switch ACTIVATION {
    case ACTIVATION_RELU: {
      return Activated(max(a, vec4f(0.0)), select(vec4f(0.0), vec4f(1.0), a > vec4f(0.0)));
    }
    case ACTIVATION_LEAKY_RELU: {
      let derivative = select(vec4f(NEGATIVE_SLOPE), vec4f(1.0), a > vec4f(0.0));
      return Activated(derivative * a, derivative);
    }
    case ACTIVATION_TANH: {
      let y = vec4f(tanh_accurate(a.x), tanh_accurate(a.y), tanh_accurate(a.z), tanh_accurate(a.w));
      return Activated(y, 1.0 - y * y);
    }
    case ACTIVATION_SILU: {
      let gate = vec4f(sigmoid(a.x), sigmoid(a.y), sigmoid(a.z), sigmoid(a.w));
      return Activated(a * gate, gate * (1.0 + a * (1.0 - gate)));
    }
    default: {
      return Activated(a, vec4f(1.0));
    }
  }
}

// The derivative at the value `y` of an activation other than silu.
fn derivative_at_value(y: vec4f) -> vec4f {
  switch ACTIVATION {
    case ACTIVATION_RELU: {
      return select(vec4f(0.0), vec4f(1.0), y > vec4f(0.0));
    }
    case ACTIVATION_LEAKY_RELU: {
      return select(vec4f(NEGATIVE_SLOPE), vec4f(1.0), y > vec4f(0.0));
    }
    case ACTIVATION_TANH: {
      return 1.0 - y * y;
    }
    default: {
      return vec4f(1.0);
    }
  }
}
