// Rows as round points at (1 - share) project(from) + share project(to), with project(p) = aspect (p - centre) / half.
// states: the shown columns of row r at from_x + r, from_y + r, to_x + r and to_y + r; tints [n_rows or 1], packed
// RGBA.
// One instance draws one row as a square strip. Pixels know their distance from the centre, so edges are smooth at any
// radius. If `ring` > 0, only a circle of that width is drawn. Rows that are not finite are omitted.
struct Params {
  from_frame: vec4f,
  to_frame: vec4f,
  viewport: vec2f,
  aspect: vec2f,
  from_x: u32,
  from_y: u32,
  to_x: u32,
  to_y: u32,
  share: f32,
  radius: f32,
  ring: f32,
  alpha: f32,
  tint_step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<f32>;
@group(0) @binding(2) var<storage, read> tints: array<u32>;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) offset: vec2f,
  @location(1) @interpolate(flat) colour: vec4f,
}

fn project(point: vec2f, frame: vec4f) -> vec2f {
  return params.aspect * (point - frame.xy) / frame.zw;
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) row: u32) -> Corner {
  let start = vec2f(states[params.from_x + row], states[params.from_y + row]);
  let end = vec2f(states[params.to_x + row], states[params.to_y + row]);
  let place = mix(project(start, params.from_frame), project(end, params.to_frame), params.share);
  let reach = params.radius + 0.5 * params.ring + 1.0;
  let offset = reach * (2.0 * vec2f(vec2u(index & 1u, index >> 1u)) - 1.0);
  let is_seen = all(abs(place) < vec2f(4.0));
  let position = select(vec2f(9.0), place + 2.0 * offset / params.viewport, is_seen);
  let tint = unpack4x8unorm(tints[row * params.tint_step]);
  return Corner(vec4f(position, 0.0, 1.0), offset, vec4f(tint.rgb, tint.a * params.alpha));
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
  let from_edge = length(corner.offset) - params.radius;
  let outside = select(from_edge, abs(from_edge) - 0.5 * params.ring, params.ring > 0.0);
  let alpha = corner.colour.a * saturate(0.5 - outside);
  return vec4f(corner.colour.rgb * alpha, alpha);
}
