// v = momentum v + g, theta -= lr v, g = 0 for the next step, with g scaled to norm clip_norm if it is longer (0: never).
// With DECAY, theta (1 - lr weight_decay) takes the place of theta in the quads whose bit of decayed is set. If the loss, the
// gradient's norm or lr is not finite, nothing changes; if the update of a quad is not finite, that quad does not change.
// Both set step_state[1], which step_record reports.
// parameters, gradients, velocity [n_quads]; step_state [2]: step, refused; step_sums [2]: NLL, squared gradient;
// decayed [n_quads / 32 words]; step_scalars [ring_size, 3]: lr of slot step mod ring_size, and two that Adam alone reads.
// One invocation owns four parameters (a quad). docs/derivations.md, eq. (26), (140), (142)
#include "shared/grid.wgsl"
#include "shared/finite.wgsl"
#include "shared/parameter_update.wgsl"

struct Params {
  n_quads: u32,
  ring_size: u32,
  momentum: f32,
  clip_norm: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> step_state: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> step_scalars: array<f32>;
@group(0) @binding(3) var<storage, read> step_sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> velocity: array<vec4f>;
#if DECAY
@group(0) @binding(7) var<storage, read> decayed: array<u32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_quads) {
    return;
  }
  let gradient = gradients[index];
  gradients[index] = vec4f();
  let learning_rate = step_scalars[3u * (atomicLoad(&step_state[0]) % params.ring_size)];
  if (!all_finite(vec4f(step_sums[0], step_sums[1], learning_rate, 0.0))) {
    refuse_update();
    return;
  }
  let g = clipped(gradient);
  let v = params.momentum * velocity[index] + g;
  let updated = shrunk_parameters(index, learning_rate) - learning_rate * v;
  if (!all_finite(v) || !all_finite(updated)) {
    refuse_update();
    return;
  }
  velocity[index] = v;
  parameters[index] = updated;
}
