// The adapter's fastest arithmetic: CHAINS independent chains a = a factor + offset per invocation.
// output [n_invocations]: the sum of the chains, so that no chain can be optimised away.
// One invocation owns its chains; n_rounds rounds of UNROLL links each make the loop's overhead small. The
// chains tend to offset / (1 - factor), which avoids overflow and denormal numbers.
// `wgflow bench` takes the fastest of several shapes: none is the fastest everywhere.
#include "shared/grid.wgsl"

struct Params {
  n_invocations: u32,
  n_rounds: u32,
  factor: f32,
  offset: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

#if VEC4
alias Link = vec4f;
const SPREAD = vec4f(0.0, 0.25, 0.5, 0.75);
#else
alias Link = f32;
const SPREAD = 0.0;
#endif

fn link(a: Link, factor: Link, offset: Link) -> Link {
#if FUSED
  return fma(a, factor, offset);
#else
  return a * factor + offset;
#endif
}

fn total(a: Link) -> f32 {
#if VEC4
  return dot(a, vec4f(1.0));
#else
  return a;
#endif
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_invocations) {
    return;
  }
  let factor = Link(params.factor);
  let offset = Link(params.offset);
  let start = f32(index % 64u) / 64.0 + SPREAD;
#unroll c CHAINS
  var a$c = start + Link(f32($c));
#end
  for (var round = 0u; round < params.n_rounds; round++) {
#unroll u UNROLL
#unroll c CHAINS
    a$c = link(a$c, factor, offset);
#end
#end
  }
  var sum = 0.0;
#unroll c CHAINS
  sum += total(a$c);
#end
  output[index] = sum;
}
