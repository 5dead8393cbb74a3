// moved[b, h, k] = source[b, k, h], h < 2, k < n_pairs: half of a squeeze; with INVERSE moved[b, k, h] = source[b, h, k].
// source, moved [n_elements] quads of rows, of which n_inner follow each index. A squeeze of channels by H by W splits
// the rows of pixels (n_pairs = H / 2, n_inner = W quads), then the columns (n_pairs = H W / 4, n_inner = quads).
// One invocation moves one quad; nothing is accumulated. Dinh et al. 2016, section 3.6; docs/derivations.md, eq. (160)
#include "shared/grid.wgsl"

struct Params {
  n_elements: u32,
  n_pairs: u32,
  n_inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> moved: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let split = linear_index(group, n_groups, local);
  if (split >= params.n_elements) {
    return;
  }
  let k = (split / params.n_inner) % params.n_pairs;
  let half = split / (params.n_inner * params.n_pairs);
  let pair = ((half / 2u) * params.n_pairs + k) * 2u + half % 2u;
  let joined = pair * params.n_inner + split % params.n_inner;
#if INVERSE
  moved[joined] = source[split];
#else
  moved[split] = source[joined];
#endif
}
