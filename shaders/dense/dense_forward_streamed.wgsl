// output[o, r] = phi(sum_i W[o, i] input[i, r] + b[o]), like dense_forward. Faster if loads are slow (software
// adapters): an invocation keeps N_KEPT inputs of its quad of rows in registers while the weights stream past.
// parameters: W [n_outputs, n_inputs], b [n_outputs]; input [*, n_quads] from feature input_start; output,
// derivative [*, n_quads] from feature output_start. One invocation owns one quad and n_range outputs, and
// sums over i, N_KEPT at a time, in ascending order. output, or sums if output is f16, holds the intermediate
// sums; with ADD, output also holds its previous contents. docs/derivations.md, eq. (12), (13), (80)
#if F16
enable f16;
#endif
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/activation.wgsl"
#include "shared/kept_product.wgsl"
#include "shared/layer_rows.wgsl"
#include "shared/row_quads.wgsl"
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
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<StoredQuad>;
#endif
@group(0) @binding(3) var<storage, read> input: array<InputQuad>;
@group(0) @binding(4) var<storage, read_write> output: array<OutputQuad>;
#if STORE_DERIVATIVE
@group(0) @binding(5) var<storage, read_write> derivative: array<OutputQuad>;
#endif
#if F16_OUTPUT
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;
#endif

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
  let first_output = group.y * params.n_range;
  let end_output = min(first_output + params.n_range, params.n_outputs);

  for (var first = 0u; first < params.n_inputs; first += N_KEPT) {
#unroll i N_KEPT
    kept[$i] = vec4f(input[(params.input_start + min(first + $i, params.n_inputs - 1u)) * params.n_quads + quad]);
#end
    let is_last = first + N_KEPT >= params.n_inputs;
    for (var o = first_output; o < end_output; o++) {
      let place = (params.output_start + o) * params.n_quads + quad;
      var sum = product_with_kept(o, first, lane);
      if (first == 0u) {
        sum += f32(parameters[params.bias_offset + o]);
      }
#if ADD
      sum += vec4f(output[place]);
#else
      if (first > 0u) {
        sum += sum_before(o, quad);
      }
#endif
      if (is_last) {
        let activated = activate(sum);
        sum = activated.value;
#if STORE_DERIVATIVE
        if (is_quad) {
          derivative[place] = OutputQuad(activated.derivative);
        }
#endif
      }
#if F16_OUTPUT
      if (is_quad && is_last) {
        output[place] = OutputQuad(sum);
      } else if (is_quad) {
        sums[o * params.n_quads + quad] = sum;
      }
#else
      if (is_quad) {
        output[place] = sum;
      }
#endif
    }
  }
}

// The sum over earlier inputs.
fn sum_before(o: u32, quad: u32) -> vec4f {
#if F16_OUTPUT
  return sums[o * params.n_quads + quad];
#else
  return output[(params.output_start + o) * params.n_quads + quad];
#endif
}

fn streamed_quad(output: u32, first: u32) -> vec4f {
  return quad_of_row(params.weight_offset + output * params.n_inputs, first, params.n_inputs);
}
