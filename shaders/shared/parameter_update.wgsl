// What every optimiser does besides its rule. Needs params.clip_norm and params.weight_decay, step_state, step_sums,
// parameters, and with DECAY decayed: see adam_step. docs/derivations.md, eq. (26), (140)

// A quad of the gradient, scaled to norm clip_norm if the whole gradient is longer (0: never).
fn clipped(gradient: vec4f) -> vec4f {
  let norm = sqrt(step_sums[1]);
  let is_long = params.clip_norm > 0.0 && norm > params.clip_norm;
  return gradient * select(1.0, params.clip_norm / norm, is_long);
}

// A quad of the parameters. With DECAY it is shrunk by 1 - lr weight_decay if its bit of decayed is set.
fn shrunk_parameters(index: u32, learning_rate: f32) -> vec4f {
#if DECAY
  let is_decayed = (decayed[index / 32u] >> (index % 32u)) & 1u;
  return parameters[index] * (1.0 - learning_rate * params.weight_decay * f32(is_decayed));
#else
  return parameters[index];
#endif
}

// Has step_record report that parameters did not change.
fn refuse_update() {
  atomicStore(&step_state[1], 1u);
}
