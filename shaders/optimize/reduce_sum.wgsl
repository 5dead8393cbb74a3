// output[output_start + g] = sum of input, or of input^2 with SQUARES, over the elements of workgroup g.
// input [n_elements]; output [output_start + number of workgroups, or more].
// Invocation l of workgroup g sums elements g 64 + l, + 64 n_groups, ... in ascending order, then the
// workgroup adds its 64 sums by a fixed tree: no atomics, the same bits on every run.
// docs/derivations.md, eq. (25)
#include "shared/tree_sum.wgsl"

struct Params {
  n_elements: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(REDUCTION_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var sum = 0.0;
  let stride = n_groups.x * REDUCTION_SIZE;
  // Eight loads at a time, so that their latencies overlap.
  for (var first = group.x * REDUCTION_SIZE + local; first < params.n_elements; first += 8u * stride) {
#unroll k 8
    let place_$k = first + $k * stride;
    let value_$k = select(0.0, input[min(place_$k, params.n_elements - 1u)], place_$k < params.n_elements);
#end
#unroll k 8
#if SQUARES
    sum += value_$k * value_$k;
#else
    sum += value_$k;
#endif
#end
  }
  let total = tree_sum(local, sum);
  if (local == 0u) {
    output[params.output_start + group.x] = total;
  }
}
