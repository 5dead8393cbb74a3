// Latent to data through up to 32 couplings of one architecture, last first: x2 = (z2 - t) exp(-s), log_det
// -= sum s, all in one dispatch; STANDARDIZE then maps x to x std + mean. ADDITIVE couplings have no s.
// MIX undoes the linear map and the actnorm before each coupling.
// parameters: laid out by paramLayout; context [N_CONTEXT, n_quads]; state z -> x, in place: [N_DIM, n_quads]; log_det
// [n_quads].
// One invocation owns four rows (a quad) and keeps them in registers; it sums over units, features and
// couplings in the order of the map, log_det from 0, or with ACCUMULATE from its previous value.
// docs/derivations.md, eq. (9), (11), (46), (54)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/coupling_quad.wgsl"
#if MIX
#include "shared/mix_quad.wgsl"
#endif
#include "shared/conditioner_net.wgsl"

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
  var z: array<vec4f, N_DIM>;
#unroll f N_DIM
  z[$f] = state[$f * params.n_quads + quad];
#end
#if ACCUMULATE
  var sum = log_det[quad];
#else
  var sum = vec4f();
#endif
  for (var back = 1u; back <= params.n_couplings; back++) {
    let c = params.n_couplings - back;
    let flipped = is_flipped(c);
    let condition = condition_block(z, flipped);
    var transformed = transform_block(z, flipped);
    let output = conditioner_output(net_inputs(condition, quad), c, lane);
#unroll j N_TRANSFORM
#if ADDITIVE
    transformed[$j] -= output.value[$j];
#else
    {
      let s = log_scale_of_quad(output.value[$j], params.scale_bound).value;
      transformed[$j] = (transformed[$j] - output.value[N_TRANSFORM + $j]) * exp(-s);
      sum -= s;
    }
#endif
#end
    z = joined(condition, transformed, flipped);
#if MIX
    let mix = mix_of(c);
    z = unscaled(unmixed(z, mix).scaled, mix);
    sum -= mix_log_det(mix);
#endif
  }
#if STANDARDIZE
#unroll f N_DIM
  {
    let std_f = parameters[params.std_offset + $f];
    z[$f] = z[$f] * std_f + parameters[params.mean_offset + $f];
    sum += log_accurate(std_f);
  }
#end
#endif
  if (invocation.x >= params.n_quads) {
    return;
  }
#unroll f N_DIM
  state[$f * params.n_quads + quad] = z[$f];
#end
  log_det[quad] = sum;
}
