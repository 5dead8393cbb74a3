// An actnorm and an invertible linear map before each coupling, for one quad of rows in registers: x' = (x + b) exp(lambda),
// y = (U + diag) x', w = L y, z[j] = w[permutation[j]]. Needs N_DIM, parameters, params.mix_start and coupling_stride, which
// place the trained tensors, and params.permutation_start and permutation_stride.
// docs/derivations.md, eq. (45), (46), (53) to (55)
#include "shared/mix_layout.wgsl"

struct Mix {
  bias: array<f32, N_DIM>,
  log_scale: array<f32, N_DIM>,
  log_diagonal: array<f32, N_DIM>,
  // Row i, column j of L below the diagonal, of U above it.
  factors: array<f32, N_DIM * N_DIM>,
  permutation: array<u32, N_DIM>,
}

fn mix_of(coupling: u32) -> Mix {
  let start = params.mix_start + coupling * params.coupling_stride;
  let permutation = params.permutation_start + coupling * params.permutation_stride;
  var mix: Mix;
#unroll i N_DIM
  mix.bias[$i] = parameters[start + $i];
  mix.log_scale[$i] = parameters[start + MIX_LOG_SCALE + $i];
  mix.log_diagonal[$i] = parameters[start + MIX_LOG_DIAGONAL + $i];
  mix.permutation[$i] = u32(parameters[permutation + $i]);
#unroll j N_DIM
  if ($j < $i) {
    mix.factors[$i * N_DIM + $j] = parameters[start + MIX_LOWER + lower_place($i, min($j, $i))];
  }
  if ($j > $i) {
    mix.factors[$i * N_DIM + $j] = parameters[start + MIX_UPPER + upper_place($i, max($j, $i + 1), N_DIM)];
  }
#end
#end
  return mix;
}

fn mix_log_det(mix: Mix) -> f32 {
  var sum = 0.0;
#unroll i N_DIM
  sum += mix.log_scale[$i] + mix.log_diagonal[$i];
#end
  return sum;
}

// x -> z.
fn mixed(x: array<vec4f, N_DIM>, mix: Mix) -> array<vec4f, N_DIM> {
  var scaled: array<vec4f, N_DIM>;
#unroll i N_DIM
  scaled[$i] = (x[$i] + mix.bias[$i]) * exp(mix.log_scale[$i]);
#end
  var y: array<vec4f, N_DIM>;
#unroll i N_DIM
  y[$i] = exp(mix.log_diagonal[$i]) * scaled[$i];
#unroll j N_DIM
  if ($j > $i) {
    y[$i] += mix.factors[$i * N_DIM + $j] * scaled[$j];
  }
#end
#end
  var z: array<vec4f, N_DIM>;
#unroll i N_DIM
  {
    var w = y[$i];
#unroll j N_DIM
    if ($j < $i) {
      w += mix.factors[$i * N_DIM + $j] * y[$j];
    }
#end
#unroll j N_DIM
    z[$j] = select(z[$j], w, mix.permutation[$j] == $i);
#end
  }
#end
  return z;
}

// The rows of z in the order of w.
fn unpermuted(z: array<vec4f, N_DIM>, mix: Mix) -> array<vec4f, N_DIM> {
  var w: array<vec4f, N_DIM>;
#unroll i N_DIM
#unroll j N_DIM
  w[$i] = select(w[$i], z[$j], mix.permutation[$j] == $i);
#end
#end
  return w;
}

struct Unmixed {
  // After the actnorm, and (U + diag) of it.
  scaled: array<vec4f, N_DIM>,
  y: array<vec4f, N_DIM>,
}

// z -> x', by substitution.
fn unmixed(z: array<vec4f, N_DIM>, mix: Mix) -> Unmixed {
  var result: Unmixed;
  let w = unpermuted(z, mix);
#unroll i N_DIM
  result.y[$i] = w[$i];
#unroll j N_DIM
  if ($j < $i) {
    result.y[$i] -= mix.factors[$i * N_DIM + $j] * result.y[$j];
  }
#end
#end
#unroll back N_DIM
  {
    const i = N_DIM - 1u - $back;
    var x = result.y[i];
#unroll j N_DIM
    if ($j > i) {
      x -= mix.factors[i * N_DIM + $j] * result.scaled[$j];
    }
#end
    result.scaled[i] = x * exp(-mix.log_diagonal[i]);
  }
#end
  return result;
}

// x' -> x.
fn unscaled(scaled: array<vec4f, N_DIM>, mix: Mix) -> array<vec4f, N_DIM> {
  var x: array<vec4f, N_DIM>;
#unroll i N_DIM
  x[$i] = scaled[$i] * exp(-mix.log_scale[$i]) - mix.bias[$i];
#end
  return x;
}

struct MixGradient {
  // The gradients of w, y and x'.
  d_w: array<vec4f, N_DIM>,
  d_y: array<vec4f, N_DIM>,
  d_scaled: array<vec4f, N_DIM>,
  d_x: array<vec4f, N_DIM>,
}

fn mix_gradient(d_z: array<vec4f, N_DIM>, mix: Mix) -> MixGradient {
  var d: MixGradient;
  d.d_w = unpermuted(d_z, mix);
#unroll k N_DIM
  d.d_y[$k] = d.d_w[$k];
#unroll i N_DIM
  if ($i > $k) {
    d.d_y[$k] += mix.factors[$i * N_DIM + $k] * d.d_w[$i];
  }
#end
#end
#unroll j N_DIM
  d.d_scaled[$j] = exp(mix.log_diagonal[$j]) * d.d_y[$j];
#unroll i N_DIM
  if ($i < $j) {
    d.d_scaled[$j] += mix.factors[$i * N_DIM + $j] * d.d_y[$i];
  }
#end
  d.d_x[$j] = exp(mix.log_scale[$j]) * d.d_scaled[$j];
#end
  return d;
}
