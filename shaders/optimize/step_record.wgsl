// Ends a training step: writes its mean NLL and gradient norm into the ring and increments the step counter.
// If the update was refused although the norm is finite, the norm is -1.
// step_sums [2]: NLL, squared gradient; step_state [2]: step, refused; step_losses [ring_size, 2]: nats, norm.
// One invocation of a workgroup; the order of the launches makes it the last of its step.
// docs/architecture.md, "The way of a batch"
#include "shared/finite.wgsl"

struct Params {
  n_rows: u32,
  ring_size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> step_state: array<u32>;
@group(0) @binding(3) var<storage, read_write> step_losses: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) local: u32) {
  if (local > 0u) {
    return;
  }
  let step = step_state[0];
  let slot = 2u * (step % params.ring_size);
  step_losses[slot] = step_sums[0] / f32(params.n_rows);
  let refused = step_state[1] != 0u && is_finite(step_sums[1]);
  step_losses[slot + 1u] = select(sqrt(step_sums[1]), -1.0, refused);
  step_state[0] = step + 1u;
  step_state[1] = 0u;
}
