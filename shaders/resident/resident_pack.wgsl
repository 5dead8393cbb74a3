// packed[first_quad + k n_across + b][i] = W[k, j] with j = 4 b + i, or 0 for k >= n_k or j >= n_j: the weights of a layer
// in the order in which resident_pass reads them, from input k to output j.
// A matrix has W[k, j] = parameters[offset + k stride_k + j stride_j]. A triangle, packed by rows from offset on, is L with
// ones on its diagonal or U with exp of the parameters from stride_k on; it maps k to j, or with stride_j = 1 the transposed
// one does. sections [n_sections, 8 words], in order of first_quad: first_quad, offset, stride_k, stride_j, n_k, n_j,
// n_across, triangle; parameters as in the model; packed [n_quads].
// One invocation writes one quad; nothing is accumulated. docs/derivations.md, eq. (12), (21), (53)
#include "shared/grid.wgsl"
#include "shared/triangles.wgsl"

const TRIANGLE_LOWER: u32 = 1u;
const TRIANGLE_UPPER: u32 = 2u;

struct Params {
  n_quads: u32,
  n_sections: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sections: array<vec4u>;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_quads) {
    return;
  }
  // The last section that begins at this quad or before it.
  var section = 0u;
  var after = params.n_sections;
  while (after - section > 1u) {
    let middle = (section + after) / 2u;
    if (sections[2u * middle].x <= index) {
      section = middle;
    } else {
      after = middle;
    }
  }
  let place = sections[2u * section];
  let shape = sections[2u * section + 1u];
  let k = (index - place.x) / shape.z;
  let first = 4u * ((index - place.x) % shape.z);
  var quad = vec4f();
  for (var i = 0u; i < 4u; i++) {
    let j = first + i;
    if (k >= shape.x || j >= shape.y) {
      continue;
    }
    if (shape.w == 0u) {
      quad[i] = parameters[place.y + k * place.z + j * place.w];
    } else if (place.w == 1u) {
      quad[i] = triangle_element(k, j, place, shape);
    } else {
      quad[i] = triangle_element(j, k, place, shape);
    }
  }
  packed[index] = quad;
}

// Row `row`, column `column` of a triangle.
fn triangle_element(row: u32, column: u32, place: vec4u, shape: vec4u) -> f32 {
  if (shape.w == TRIANGLE_LOWER) {
    if (column < row) {
      return parameters[place.y + lower_place(row, column)];
    }
    return select(0.0, 1.0, column == row);
  }
  if (column > row) {
    return parameters[place.y + upper_place(row, column, shape.x)];
  }
  return select(0.0, exp(parameters[place.z + row]), column == row);
}
