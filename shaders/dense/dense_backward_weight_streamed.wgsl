// d_W[o, i] += sum_r d_output[o, r] input[i, r], d_b[o] += sum_r d_output[o, r]. Faster than dense_backward_weight if
// loads are slow: N_KEPT rows of four inputs stay in registers, while the gradients of the outputs stream past.
// d_output [*, n_quads] from feature output_start; input [*, n_quads] from feature input_start; gradients:
// laid out as parameters, in quads; n_inputs, n_range and the offsets are multiples of four.
// One invocation owns four inputs by n_range outputs; in the first workgroup also some biases. It sums over
// the rows, N_KEPT at a time, in ascending order. docs/derivations.md, eq. (23), (24)
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
  n_range: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
  bias_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<StoredQuad>;
@group(0) @binding(3) var<storage, read_write> gradients: array<vec4f>;

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
  let n_input_quads = params.n_inputs / 4u;
  let input_quad = group.x * FUSED_GROUP_SIZE + local;
  // Invocations past the end run along, because other lanes need the values that they load.
  let is_input = input_quad < n_input_quads;
  let input_at = (params.input_start + 4u * min(input_quad, n_input_quads - 1u)) * params.n_quads;
  let first_output = group.y * params.n_range;
  let end_output = min(first_output + params.n_range, params.n_outputs);

  for (var first_quad = 0u; first_quad < params.n_quads; first_quad += N_KEPT_QUADS) {
#unroll q N_KEPT_QUADS
    {
      let x_at = input_at + min(first_quad + $q, params.n_quads - 1u);
      let x_0 = vec4f(input[x_at]);
      let x_1 = vec4f(input[x_at + params.n_quads]);
      let x_2 = vec4f(input[x_at + 2u * params.n_quads]);
      let x_3 = vec4f(input[x_at + 3u * params.n_quads]);
#unroll r 4
      kept[4u * $q + $r] = vec4f(x_0[$r], x_1[$r], x_2[$r], x_3[$r]);
#end
    }
#end
    for (var o = first_output; o < end_output; o++) {
      let sum = product_with_kept(o, 4u * first_quad, lane);
      if (is_input) {
        gradients[params.weight_offset / 4u + o * n_input_quads + input_quad] += sum;
      }
    }
  }
  if (group.x > 0u) {
    return;
  }
  for (var o = first_output + 4u * local; o < end_output; o += 4u * FUSED_GROUP_SIZE) {
    let outputs = min(o + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
    let d_at = (params.output_start + outputs) * params.n_quads;
    var sums = vec4f();
    for (var quad = 0u; quad < params.n_quads; quad++) {
      sums += vec4f(1.0) * mat4x4f(
        d_output[d_at.x + quad], d_output[d_at.y + quad], d_output[d_at.z + quad], d_output[d_at.w + quad],
      );
    }
    // Elements after the last bias are padding.
    let is_output = o + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n_outputs);
    gradients[(params.bias_offset + o) / 4u] += select(vec4f(), sums, is_output);
  }
}

fn streamed_quad(output: u32, first: u32) -> vec4f {
  let quad = first / 4u;
  let d = d_output[(params.output_start + output) * params.n_quads + min(quad, params.n_quads - 1u)];
  return select(vec4f(), d, quad < params.n_quads);
}
