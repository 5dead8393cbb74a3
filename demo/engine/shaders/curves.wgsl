// Curves through points, each point projected by its own frame: aspect (p - centre) / half.
// points: the shown columns of point i of curve c at x_start + c curve_step + i point_step and y_start + ...;
// frames [n_frames], centre and half; tints [n_curves], packed RGBA. Point i has the parameter i; only the part between
// the parameters `start` and `end` is drawn.
// One instance draws one segment as a strip around it. Pixels know their distance from the segment, so edges are smooth
// and joints are round. Colours are opaque apart from `alpha`, so that joints do not show. If `fade_length` is not 0,
// longer segments (in pixels) fade in proportion, because they only guess the curve between their ends.
struct Params {
  viewport: vec2f,
  aspect: vec2f,
  x_start: u32,
  y_start: u32,
  curve_step: u32,
  point_step: u32,
  n_segments: u32,
  frame_step: u32,
  start: f32,
  end: f32,
  width: f32,
  alpha: f32,
  fade_length: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> points: array<f32>;
@group(0) @binding(2) var<storage, read> frames: array<vec4f>;
@group(0) @binding(3) var<storage, read> tints: array<u32>;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) pixel: vec2f,
  @location(1) @interpolate(flat) segment: vec4f,
  @location(2) @interpolate(flat) colour: vec4f,
}

// The pixel of point i, relative to the middle of the canvas.
fn pixel_of(curve: u32, i: u32) -> vec2f {
  let at = curve * params.curve_step + i * params.point_step;
  let point = vec2f(points[params.x_start + at], points[params.y_start + at]);
  let frame = frames[i * params.frame_step];
  return 0.5 * params.viewport * params.aspect * (point - frame.xy) / frame.zw;
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) instance: u32) -> Corner {
  let curve = instance / params.n_segments;
  let i = instance % params.n_segments;
  let a = pixel_of(curve, i);
  let b = pixel_of(curve, i + 1u);
  let begin = saturate(params.start - f32(i));
  let until = saturate(params.end - f32(i));
  let start = mix(a, b, begin);
  let end = mix(a, b, until);
  let along = end - start;
  let direction = select(vec2f(1.0, 0.0), normalize(along), dot(along, along) > 1e-12);
  let across = vec2f(-direction.y, direction.x);
  let reach = 0.5 * params.width + 1.0;
  let side = 2.0 * vec2f(vec2u(index & 1u, index >> 1u)) - 1.0;
  let pixel = select(start, end, side.x > 0.0) + reach * (side.x * direction + side.y * across);
  // Points far outside, or not finite, are moved off the canvas.
  let is_seen = until > begin && all(abs(start) < 4.0 * params.viewport) && all(abs(end) < 4.0 * params.viewport);
  let position = select(vec2f(9.0), 2.0 * pixel / params.viewport, is_seen);
  let tint = unpack4x8unorm(tints[curve]);
  let faded = select(1.0, min(1.0, params.fade_length / max(length(along), 1e-6)), params.fade_length > 0.0);
  return Corner(vec4f(position, 0.0, 1.0), pixel, vec4f(start, end), vec4f(tint.rgb, tint.a * params.alpha * faded));
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
  let along = corner.segment.zw - corner.segment.xy;
  let from_start = corner.pixel - corner.segment.xy;
  let share = saturate(dot(from_start, along) / max(dot(along, along), 1e-12));
  let outside = distance(from_start, share * along) - 0.5 * params.width;
  let alpha = corner.colour.a * saturate(0.5 - outside);
  return vec4f(corner.colour.rgb * alpha, alpha);
}
