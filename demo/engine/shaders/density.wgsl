// The heat-map of a density: ramp[p / scale], or ramp[1 + (log p - log scale) / n_nats] with LOG.
// log_prob [n_side, n_side] over the box of the canvas (left, bottom, right, top, from 0 to 1), rows from below;
// outside it the density is 0. scale [1], a logarithm; ramp [n_ramp_steps], packed RGBA.
// Every pixel mixes the logarithms of the four nearest cells. For a normal this is exact along a row or a column up to
// the curvature, and it keeps edges smooth on coarse grids.
struct Params {
  box: vec4f,
  viewport: vec2f,
  n_side: u32,
  n_ramp_steps: u32,
  n_nats: f32,
  is_log: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> log_prob: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> ramp: array<u32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(vec2f(vec2u(index & 1u, index >> 1u)) * 4.0 - 1.0, 0.0, 1.0);
}

fn cell(x: u32, y: u32) -> f32 {
  let value = log_prob[y * params.n_side + x];
  // The comparison is false for NaN.
  return select(-100.0, clamp(value - scale[0], -100.0, 20.0), abs(value) < 1e30);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let up = vec2f(position.x, params.viewport.y - position.y) / params.viewport;
  let within = (up - params.box.xy) / (params.box.zw - params.box.xy);
  if (any(within < vec2f(0.0)) || any(within > vec2f(1.0))) {
    return unpack4x8unorm(ramp[0]);
  }
  let place = clamp(within * f32(params.n_side) - 0.5, vec2f(0.0), vec2f(f32(params.n_side) - 1.0));
  let low = vec2u(place);
  let high = min(low + 1u, vec2u(params.n_side - 1u));
  let share = place - vec2f(low);
  let below = mix(cell(low.x, low.y), cell(high.x, low.y), share.x);
  let above = mix(cell(low.x, high.y), cell(high.x, high.y), share.x);
  let relative = mix(below, above, share.y);

  var level = exp(relative);
  if (params.is_log == 1u) {
    level = 1.0 + relative / params.n_nats;
  }
  let at = saturate(level) * f32(params.n_ramp_steps - 1u);
  let step = min(u32(at), params.n_ramp_steps - 2u);
  return mix(unpack4x8unorm(ramp[step]), unpack4x8unorm(ramp[step + 1u]), at - f32(step));
}
