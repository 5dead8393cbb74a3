// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, theta -= lr (m c1) / (sqrt(v c2) + eps), g = 0 for the next step,
// with g scaled to norm clip_norm if it is longer (0: never). With DECAY, theta (1 - lr weight_decay) takes the place of
// theta in the quads whose bit of decayed is set. If the loss, the gradient's norm or a scalar is
// not finite, nothing changes; if the update of a quad is not finite, that quad does not change. Both set
// step_state[1], which step_record reports.
// parameters, gradients, first_moment, second_moment [n_quads]; step_state [2]: step, refused; step_sums [2]: NLL,
// squared gradient; decayed [n_quads / 32 words];
// step_scalars [ring_size, 3]: lr, c1 = 1 / (1 - b1^t), c2 = 1 / (1 - b2^t) of slot step mod ring_size.
// One invocation owns four parameters (a quad). Kingma & Ba 2014, algorithm 1;
// Loshchilov & Hutter 2019, algorithm 2; docs/derivations.md, eq. (26) to (30), (140)
#include "shared/grid.wgsl"
#include "shared/finite.wgsl"
#include "shared/parameter_update.wgsl"

struct Params {
  n_quads: u32,
  ring_size: u32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  clip_norm: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> step_state: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> step_scalars: array<f32>;
@group(0) @binding(3) var<storage, read> step_sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> first_moment: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> second_moment: array<vec4f>;
#if DECAY
@group(0) @binding(8) var<storage, read> decayed: array<u32>;
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
  let slot = 3u * (atomicLoad(&step_state[0]) % params.ring_size);
  let scalars = vec4f(step_sums[0], step_scalars[slot], step_scalars[slot + 1u], step_scalars[slot + 2u]);
  if (!is_finite(step_sums[1]) || !all_finite(scalars)) {
    refuse_update();
    return;
  }
  let g = clipped(gradient);
  let learning_rate = step_scalars[slot];
  let m = params.beta1 * first_moment[index] + (1.0 - params.beta1) * g;
  let v = params.beta2 * second_moment[index] + (1.0 - params.beta2) * g * g;
  let m_hat = m * step_scalars[slot + 1u];
  let v_hat = v * step_scalars[slot + 2u];
  let updated = shrunk_parameters(index, learning_rate) - learning_rate * m_hat / (sqrt(v_hat) + params.epsilon);
  if (!all_finite(m_hat) || !all_finite(v_hat) || !all_finite(updated)) {
    refuse_update();
    return;
  }
  first_moment[index] = m;
  second_moment[index] = v;
  parameters[index] = updated;
}
