import type { Twin } from '../../plan/kernel.ts';
import type { adamStepKernel } from '../../kernels/optimize/adam_step.ts';
import { at } from '../maths/at.ts';
import { hasBit } from '../maths/bits.ts';
import { isFloat32 } from '../maths/isFloat32.ts';

export const adamStep: Twin<typeof adamStepKernel> = ({ params, flags, buffers }) => {
  const { step_state, step_scalars, step_sums, parameters, gradients } = buffers;
  const { first_moment, second_moment, decayed } = buffers;
  const sumSquares = at(step_sums, 1);
  const norm = Math.sqrt(sumSquares);
  const factor = params.clip_norm > 0 && norm > params.clip_norm ? params.clip_norm / norm : 1;
  const slot = 3 * (at(step_state, 0) % params.ring_size);
  const [learningRate, c1, c2] = [
    at(step_scalars, slot),
    at(step_scalars, slot + 1),
    at(step_scalars, slot + 2),
  ];
  const isSound = [sumSquares, at(step_sums, 0), learningRate, c1, c2].every(isFloat32);
  for (let quad = 0; quad < 4 * params.n_quads; quad += 4) {
    const decay = flags.DECAY && hasBit(decayed, quad / 4) ? params.weight_decay : 0;
    const updates = [quad, quad + 1, quad + 2, quad + 3].map((index) => {
      const g = at(gradients, index) * factor;
      gradients[index] = 0;
      const m = params.beta1 * at(first_moment, index) + (1 - params.beta1) * g;
      const v = params.beta2 * at(second_moment, index) + (1 - params.beta2) * g * g;
      const [mHat, vHat] = [m * c1, v * c2];
      const theta = at(parameters, index) * (1 - learningRate * decay);
      const updated = theta - (learningRate * mHat) / (Math.sqrt(vHat) + params.epsilon);
      return { index, m, v, updated, isSound: [mHat, vHat, updated].every(isFloat32) };
    });
    if (!isSound || !updates.every((update) => update.isSound)) {
      step_state[1] = 1;
      continue;
    }
    for (const { index, m, v, updated } of updates) {
      first_moment[index] = m;
      second_moment[index] = v;
      parameters[index] = updated;
    }
  }
};
