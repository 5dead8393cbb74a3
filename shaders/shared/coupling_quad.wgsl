// Couplings of one quad of rows in registers: the blocks of the state, the inputs of the nets and their outputs, [a | t],
// or t if the couplings are ADDITIVE. Needs the sizes N_CONDITION, N_CONTEXT, N_INPUT, N_TRANSFORM, N_DIM, N_OUT, N_NETS,
// N_COUPLING_OUT, params.n_quads, net_start, coupling_stride, net_stride, flips and evaluate_net, from conditioner_net or
// piece_net; HAS_CONTEXT needs context [N_CONTEXT, n_quads]. If bit c of flips is set, coupling c conditions on the last
// features. docs/derivations.md, eq. (5) to (8)
#include "shared/activation.wgsl"
#include "shared/lanes.wgsl"
#include "shared/net_weights.wgsl"
#include "shared/scale_map.wgsl"

struct NetOutput {
  value: array<vec4f, N_OUT>,
#if TANGENTS
  // d value[c] / d x[i] at c N_CONDITION + i.
  jacobian: array<vec4f, N_OUT * N_CONDITION>,
#endif
}

fn is_flipped(coupling: u32) -> bool {
  return ((params.flips >> coupling) & 1u) == 1u;
}

fn condition_block(state: array<vec4f, N_DIM>, flipped: bool) -> array<vec4f, N_CONDITION> {
  var block: array<vec4f, N_CONDITION>;
#unroll i N_CONDITION
  block[$i] = select(state[$i], state[N_TRANSFORM + $i], flipped);
#end
  return block;
}

fn transform_block(state: array<vec4f, N_DIM>, flipped: bool) -> array<vec4f, N_TRANSFORM> {
  var block: array<vec4f, N_TRANSFORM>;
#unroll j N_TRANSFORM
  block[$j] = select(state[N_CONDITION + $j], state[$j], flipped);
#end
  return block;
}

fn joined(
  condition: array<vec4f, N_CONDITION>,
  transformed: array<vec4f, N_TRANSFORM>,
  flipped: bool,
) -> array<vec4f, N_DIM> {
  var straight: array<vec4f, N_DIM>;
  var crossed: array<vec4f, N_DIM>;
#unroll i N_CONDITION
  straight[$i] = condition[$i];
  crossed[N_TRANSFORM + $i] = condition[$i];
#end
#unroll j N_TRANSFORM
  straight[N_CONDITION + $j] = transformed[$j];
  crossed[$j] = transformed[$j];
#end
  var state: array<vec4f, N_DIM>;
#unroll f N_DIM
  state[$f] = select(straight[$f], crossed[$f], flipped);
#end
  return state;
}

// The conditioning block, and then the context of the quad.
fn net_inputs(condition: array<vec4f, N_CONDITION>, quad: u32) -> array<vec4f, N_INPUT> {
  var inputs: array<vec4f, N_INPUT>;
#unroll i N_CONDITION
  inputs[$i] = condition[$i];
#end
#if HAS_CONTEXT
#unroll i N_CONTEXT
  inputs[N_CONDITION + $i] = context[$i * params.n_quads + quad];
#end
#endif
  return inputs;
}

struct CouplingOutput {
  value: array<vec4f, N_COUPLING_OUT>,
#if TANGENTS
  jacobian: array<vec4f, N_COUPLING_OUT * N_CONDITION>,
#endif
}

fn conditioner_output(x: array<vec4f, N_INPUT>, coupling: u32, lane: u32) -> CouplingOutput {
  var both: CouplingOutput;
  let start = params.net_start + coupling * params.coupling_stride;
#unroll n N_NETS
  {
    let net = evaluate_net(x, coupling * N_NETS + $n, start + $n * params.net_stride, lane);
#unroll c N_OUT
    both.value[$n * N_OUT + $c] = net.value[$c];
#if TANGENTS
#unroll i N_CONDITION
    both.jacobian[($n * N_OUT + $c) * N_CONDITION + $i] = net.jacobian[$c * N_CONDITION + $i];
#end
#endif
#end
  }
#end
  return both;
}
