// d_input[i, r] = phi'[i, r] sum_o W[o, i] d_output[o, r], with phi' if HIDDEN; added to d_input with ADD,
// like dense_backward_input. Faster if loads are slow: N_KEPT outputs of a quad stay in registers, while rows
// of the transposed W stream past. transposed [n_inputs, n_output_quads]; d_output [*, n_quads] from feature
// output_start; derivative [n_inputs, n_quads]; d_input [*, n_quads] from feature input_start. One invocation
// owns one quad and n_range inputs, and sums over o, N_KEPT at a time, in ascending order.
// docs/derivations.md, eq. (21), (22), (81)
#if F16
enable f16;
#endif
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/kept_product.wgsl"
#include "shared/stored.wgsl"

struct Params {
  n_quads: u32,
  n_inputs: u32,
  n_outputs: u32,
  n_output_quads: u32,
  n_range: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> transposed: array<StoredQuad>;
@group(0) @binding(2) var<storage, read> d_output: array<vec4f>;
#if HIDDEN
@group(0) @binding(3) var<storage, read> derivative: array<StoredQuad>;
#endif
@group(0) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
#if SUBGROUPS
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
#endif
) {
#if SUBGROUPS
  let lane = subgroup_lane % LANES;
#else
  let lane = 0u;
#endif
  // Invocations past the end run along, because other lanes need the weights that they load.
  let is_quad = group.x * FUSED_GROUP_SIZE + local < params.n_quads;
  let quad = min(group.x * FUSED_GROUP_SIZE + local, params.n_quads - 1u);
  let first_input = group.y * params.n_range;
  let end_input = min(first_input + params.n_range, params.n_inputs);

  for (var first = 0u; first < params.n_outputs; first += N_KEPT) {
#unroll o N_KEPT
    kept[$o] = d_output[(params.output_start + min(first + $o, params.n_outputs - 1u)) * params.n_quads + quad];
#end
    for (var i = first_input; i < end_input; i++) {
      let place = (params.input_start + i) * params.n_quads + quad;
      var sum = product_with_kept(i, first, lane);
#if HIDDEN
      sum *= vec4f(derivative[i * params.n_quads + quad]);
#endif
#if ADD
      sum += d_input[place];
#else
      if (first > 0u) {
        sum += d_input[place];
      }
#endif
      if (is_quad) {
        d_input[place] = sum;
      }
    }
  }
}

fn streamed_quad(i: u32, first: u32) -> vec4f {
  let output_quad = first / 4u;
  let weights = transposed[i * params.n_output_quads + min(output_quad, params.n_output_quads - 1u)];
  return select(vec4f(), vec4f(weights), output_quad < params.n_output_quads);
}
