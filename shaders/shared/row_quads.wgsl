// Reads rows of parameters four elements at a time, aligned or not. Needs `parameters`. ALIGNED means that
// rows begin at multiples of four and have such lengths; it needs `parameter_quads`, the same buffer in
// quads, instead of single elements.

// Elements [first, first + 4) of the row of `length` that starts at `row`; zero past its end.
fn quad_of_row(row: u32, first: u32, length: u32) -> vec4f {
#if ALIGNED
  return select(vec4f(), vec4f(parameter_quads[(row + min(first, length - 4u)) / 4u]), first < length);
#else
  return quad_of_any_row(row, first, length);
#endif
}

// The same for any start of the row.
fn quad_of_any_row(row: u32, first: u32, length: u32) -> vec4f {
  let places = first + vec4u(0u, 1u, 2u, 3u);
  let inside = row + min(places, vec4u(length - 1u));
  let quad = vec4f(
    f32(parameters[inside.x]), f32(parameters[inside.y]), f32(parameters[inside.z]), f32(parameters[inside.w]),
  );
  return select(vec4f(), quad, places < vec4u(length));
}
