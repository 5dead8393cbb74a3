import type { Twin } from '../kernel.ts';
import type { adamStepKernel } from '../kernels/adam_step.ts';
import { at } from './at.ts';

export const adamStep: Twin<typeof adamStepKernel> = ({ params, buffers }) => {
  const { step_state, step_scalars, gradient_sum_squares, parameters, gradients } = buffers;
  const { first_moment, second_moment } = buffers;
  const sumSquares = at(gradient_sum_squares, 0);
  const norm = Math.sqrt(sumSquares);
  const factor = params.clip_norm > 0 && norm > params.clip_norm ? params.clip_norm / norm : 1;
  const slot = 3 * (at(step_state, 0) % params.ring_size);
  for (let index = 0; index < 4 * params.n_quads; index++) {
    const g = at(gradients, index) * factor;
    gradients[index] = 0;
    if (!Number.isFinite(sumSquares)) continue;
    const m = params.beta1 * at(first_moment, index) + (1 - params.beta1) * g;
    const v = params.beta2 * at(second_moment, index) + (1 - params.beta2) * g * g;
    first_moment[index] = m;
    second_moment[index] = v;
    const mHat = m * at(step_scalars, slot + 1);
    const vHat = v * at(step_scalars, slot + 2);
    parameters[index] =
      at(parameters, index) - (at(step_scalars, slot) * mHat) / (Math.sqrt(vHat) + params.epsilon);
  }
};
