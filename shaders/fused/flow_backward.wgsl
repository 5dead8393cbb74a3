// Undoes up to 8 couplings of one architecture, last first, and pulls the gradient back through them, all in
// one dispatch: x2 = (z2 - t) exp(-s), d_x2 = d_z2 exp(s), d_t = d_z2, d_a = (d_z2 (z2 - t) + d_log_det)
// ds/da, d_x1 += J^T (d_a, d_t), where J is the Jacobian of the nets with respect to x1, carried forward next to their
// values. ADDITIVE couplings have no s and a. It stores the nets' inputs and (d_a, d_t) per coupling for the weights'
// gradients. STORED takes the outputs and J from d_outputs, where flow_forward left them, instead of running the nets again.
// context [N_CONTEXT, n_quads]; state z -> x, d_state d_z -> d_x, in place: [N_DIM, n_quads]; conditions [n_couplings
// N_INPUT, n_quads]; d_outputs [n_couplings N_COUPLING_OUT, n_quads], with STORED and then J [n_couplings N_COUPLING_OUT
// N_CONDITION, n_quads]. One invocation owns four rows (a quad); nothing is shared.
// MIX also undoes the actnorm and the linear map before each coupling and keeps, after the inputs in conditions, what
// mix_backward_weight needs: [n_couplings, 5, N_DIM, n_quads].
// docs/derivations.md, eq. (16) to (19), (42), (46), (54), (55)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/coupling_quad.wgsl"
#if MIX
#include "shared/mix_quad.wgsl"
#endif
#include "shared/conditioner_net.wgsl"
#include "shared/kept_hidden.wgsl"

struct Params {
  n_quads: u32,
  n_valid_rows: u32,
  d_log_det: f32,
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
@group(0) @binding(5) var<storage, read_write> d_state: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> conditions: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> d_outputs: array<vec4f>;
#if KEEP_HIDDEN
@group(0) @binding(8) var<storage, read_write> hiddens: array<vec4f>;
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
  let is_quad = invocation.x < params.n_quads;
  let quad = min(invocation.x, params.n_quads - 1u);
#if KEEP_HIDDEN
  kept_quad = quad;
  keeps_quad = is_quad;
#endif
  let is_valid = 4u * quad + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n_valid_rows);
  let d_log_det = select(vec4f(), vec4f(params.d_log_det), is_valid);
  var z: array<vec4f, N_DIM>;
  var d: array<vec4f, N_DIM>;
#unroll f N_DIM
  z[$f] = state[$f * params.n_quads + quad];
  d[$f] = d_state[$f * params.n_quads + quad];
#end
  for (var back = 1u; back <= params.n_couplings; back++) {
    let c = params.n_couplings - back;
    let flipped = is_flipped(c);
    let condition = condition_block(z, flipped);
    var transformed = transform_block(z, flipped);
    var d_condition = condition_block(d, flipped);
    var d_transformed = transform_block(d, flipped);
#if STORED
    let output = stored_output(c, quad);
#else
    let inputs = net_inputs(condition, quad);
    let output = conditioner_output(inputs, c, lane);
#unroll i N_INPUT
    if (is_quad) {
      conditions[(c * N_INPUT + $i) * params.n_quads + quad] = inputs[$i];
    }
#end
#endif
    var d_output: array<vec4f, N_COUPLING_OUT>;
#unroll j N_TRANSFORM
#if ADDITIVE
    d_output[$j] = d_transformed[$j];
    transformed[$j] -= output.value[$j];
#else
    {
      let s = log_scale_of_quad(output.value[$j], params.scale_bound);
      let scaled = transformed[$j] - output.value[N_TRANSFORM + $j];
      let d_t = d_transformed[$j];
      d_output[$j] = (d_t * scaled + d_log_det) * s.derivative;
      d_output[N_TRANSFORM + $j] = d_t;
      transformed[$j] = scaled * exp(-s.value);
      d_transformed[$j] = d_t * exp(s.value);
    }
#endif
#end
#unroll o N_COUPLING_OUT
    if (is_quad) {
      d_outputs[(c * N_COUPLING_OUT + $o) * params.n_quads + quad] = d_output[$o];
    }
#unroll i N_CONDITION
    d_condition[$i] += output.jacobian[$o * N_CONDITION + $i] * d_output[$o];
#end
#end
    z = joined(condition, transformed, flipped);
    d = joined(d_condition, d_transformed, flipped);
#if MIX
    let mix = mix_of(c);
    let before = unmixed(z, mix);
    let d_mix = mix_gradient(d, mix);
    z = unscaled(before.scaled, mix);
    d = d_mix.d_x;
    if (is_quad) {
      let first = (params.n_couplings * N_INPUT + 5u * c * N_DIM) * params.n_quads + quad;
#unroll f N_DIM
      conditions[first + $f * params.n_quads] = before.scaled[$f];
      conditions[first + (N_DIM + $f) * params.n_quads] = before.y[$f];
      conditions[first + (2u * N_DIM + $f) * params.n_quads] = d_mix.d_w[$f];
      conditions[first + (3u * N_DIM + $f) * params.n_quads] = d_mix.d_y[$f];
      conditions[first + (4u * N_DIM + $f) * params.n_quads] = d_mix.d_scaled[$f];
#end
    }
#endif
  }
  if (!is_quad) {
    return;
  }
#unroll f N_DIM
  state[$f * params.n_quads + quad] = z[$f];
  d_state[$f * params.n_quads + quad] = d[$f];
#end
}

#if STORED
fn stored_output(coupling: u32, quad: u32) -> CouplingOutput {
  var output: CouplingOutput;
#unroll o N_COUPLING_OUT
  output.value[$o] = d_outputs[(coupling * N_COUPLING_OUT + $o) * params.n_quads + quad];
#unroll i N_CONDITION
  output.jacobian[$o * N_CONDITION + $i] = d_outputs[
    (params.n_couplings * N_COUPLING_OUT + (coupling * N_COUPLING_OUT + $o) * N_CONDITION + $i) * params.n_quads + quad
  ];
#end
#end
  return output;
}
#endif
