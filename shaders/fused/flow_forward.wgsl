// Data to latent through up to 32 couplings of one architecture: z2 = x2 exp(s) + t, log_det += sum s, all in
// one dispatch. STANDARDIZE first maps x to (x - mean) / std; LOG_PROB adds log N(z; 0, I) + log_det.
// ADDITIVE couplings have no s. MIX puts an actnorm and an invertible linear map before each. TANGENTS stores results that flow_backward needs per coupling: the inputs of the nets, their
// outputs and Jacobians with respect to x1. PIECES looks the second hidden layer up in the lines from piece_lines.
// parameters: laid out by paramLayout; context [N_CONTEXT, n_quads]; state x -> z, in place: [N_DIM, n_quads]; log_det,
// log_prob [n_quads]; conditions [n_couplings N_INPUT, n_quads]; outputs [n_couplings N_COUPLING_OUT, n_quads], and then
// the Jacobians [n_couplings N_COUPLING_OUT N_CONDITION, n_quads].
// One invocation owns four rows (a quad) and keeps them in registers; it sums over units, features and couplings
// in ascending order, log_det from 0, or with ACCUMULATE from its previous value.
// docs/derivations.md, eq. (2), (5) to (8), (45), (53), (71)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/coupling_quad.wgsl"
#if MIX
#include "shared/mix_quad.wgsl"
#endif
#if PIECES
#include "shared/piece_net.wgsl"
#else
#include "shared/conditioner_net.wgsl"
#endif
#include "shared/kept_hidden.wgsl"
#include "shared/normal_log_density.wgsl"

struct Params {
  n_quads: u32,
  mean_offset: u32,
  std_offset: u32,
  n_couplings: u32,
  flips: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
  mix_start: u32,
  permutation_start: u32,
  permutation_stride: u32,
  scale_bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
#if HAS_CONTEXT
@group(0) @binding(3) var<storage, read> context: array<vec4f>;
#endif
@group(0) @binding(4) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> log_det: array<vec4f>;
#if LOG_PROB
@group(0) @binding(6) var<storage, read_write> log_prob: array<vec4f>;
#endif
#if TANGENTS
@group(0) @binding(7) var<storage, read_write> conditions: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> outputs: array<vec4f>;
#endif
#if KEEP_HIDDEN
@group(0) @binding(9) var<storage, read_write> hiddens: array<vec4f>;
#endif
#if PIECES
@group(0) @binding(10) var<storage, read> lines: array<vec4f>;
#endif

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(
  @builtin(global_invocation_id) invocation: vec3u,
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
  let quad = min(invocation.x, params.n_quads - 1u);
  let is_quad = invocation.x < params.n_quads;
#if KEEP_HIDDEN
  kept_quad = quad;
  keeps_quad = is_quad;
#endif
  var x: array<vec4f, N_DIM>;
#unroll f N_DIM
  x[$f] = state[$f * params.n_quads + quad];
#end
#if ACCUMULATE
  var sum = log_det[quad];
#else
  var sum = vec4f();
#endif
#if STANDARDIZE
#unroll f N_DIM
  {
    let std_f = parameters[params.std_offset + $f];
    x[$f] = (x[$f] - parameters[params.mean_offset + $f]) / std_f;
    sum -= log_accurate(std_f);
  }
#end
#endif
  for (var c = 0u; c < params.n_couplings; c++) {
#if MIX
    let mix = mix_of(c);
    x = mixed(x, mix);
    sum += mix_log_det(mix);
#endif
    let flipped = is_flipped(c);
    let condition = condition_block(x, flipped);
    var transformed = transform_block(x, flipped);
    let inputs = net_inputs(condition, quad);
    let output = conditioner_output(inputs, c, lane);
#if TANGENTS
    if (is_quad) {
#unroll i N_INPUT
      conditions[(c * N_INPUT + $i) * params.n_quads + quad] = inputs[$i];
#end
#unroll o N_COUPLING_OUT
      outputs[(c * N_COUPLING_OUT + $o) * params.n_quads + quad] = output.value[$o];
#unroll i N_CONDITION
      outputs[(params.n_couplings * N_COUPLING_OUT + (c * N_COUPLING_OUT + $o) * N_CONDITION + $i) * params.n_quads + quad] =
        output.jacobian[$o * N_CONDITION + $i];
#end
#end
    }
#endif
#unroll j N_TRANSFORM
#if ADDITIVE
    transformed[$j] += output.value[$j];
#else
    {
      let s = log_scale_of_quad(output.value[$j], params.scale_bound).value;
      transformed[$j] = transformed[$j] * exp(s) + output.value[N_TRANSFORM + $j];
      sum += s;
    }
#endif
#end
    x = joined(condition, transformed, flipped);
  }
  if (!is_quad) {
    return;
  }
#unroll f N_DIM
  state[$f * params.n_quads + quad] = x[$f];
#end
  log_det[quad] = sum;
#if LOG_PROB
  var sum_squares = vec4f();
#unroll f N_DIM
  sum_squares += x[$f] * x[$f];
#end
  log_prob[quad] = normal_log_density_quad(sum_squares, N_DIM) + sum;
#endif
}
