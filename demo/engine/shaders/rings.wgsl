// The standard normal behind the latent rows: circles at 1, 2 and 3 standard deviations and a glow exp(-|z|^2 / 2).
// frame: centre and half of the shown square; the alpha of the ring and glow colours sets their strength.
// One triangle covers the canvas; every pixel computes its z and its distance from the nearest circle.
struct Params {
  frame: vec4f,
  ring: vec4f,
  glow: vec4f,
  viewport: vec2f,
  aspect: vec2f,
  width: f32,
}

@group(0) @binding(0) var<uniform> params: Params;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(vec2f(vec2u(index & 1u, index >> 1u)) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let clip = vec2f(2.0, -2.0) * position.xy / params.viewport + vec2f(-1.0, 1.0);
  let z = params.frame.xy + params.frame.zw * clip / params.aspect;
  let radius = length(z);
  let pixels_per_unit = 0.5 * params.viewport.x * params.aspect.x / params.frame.z;
  let nearest = clamp(round(radius), 1.0, 3.0);
  let outside = abs(radius - nearest) * pixels_per_unit - 0.5 * params.width;
  let on_ring = params.ring.a * saturate(0.5 - outside);
  let glow = params.glow.a * exp(-0.5 * radius * radius);
  let under = vec4f(params.glow.rgb * glow, glow);
  return vec4f(params.ring.rgb * on_ring, on_ring) + (1.0 - on_ring) * under;
}
