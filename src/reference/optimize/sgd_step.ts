import type { Twin } from '../../plan/kernel.ts';
import type { sgdStepKernel } from '../../kernels/optimize/sgd_step.ts';
import { at } from '../maths/at.ts';
import { hasBit } from '../maths/bits.ts';
import { isFloat32 } from '../maths/isFloat32.ts';

export const sgdStep: Twin<typeof sgdStepKernel> = ({ params, flags, buffers }) => {
  const { step_state, step_scalars, step_sums, parameters, gradients, velocity, decayed } = buffers;
  const sumSquares = at(step_sums, 1);
  const norm = Math.sqrt(sumSquares);
  const factor = params.clip_norm > 0 && norm > params.clip_norm ? params.clip_norm / norm : 1;
  const learningRate = at(step_scalars, 3 * (at(step_state, 0) % params.ring_size));
  const isSound = [sumSquares, at(step_sums, 0), learningRate].every(isFloat32);
  for (let quad = 0; quad < 4 * params.n_quads; quad += 4) {
    const decay = flags.DECAY && hasBit(decayed, quad / 4) ? params.weight_decay : 0;
    const updates = [quad, quad + 1, quad + 2, quad + 3].map((index) => {
      const v = params.momentum * at(velocity, index) + at(gradients, index) * factor;
      gradients[index] = 0;
      const updated = at(parameters, index) * (1 - learningRate * decay) - learningRate * v;
      return { index, v, updated };
    });
    if (!isSound || !updates.every(({ v, updated }) => isFloat32(v) && isFloat32(updated))) {
      step_state[1] = 1;
      continue;
    }
    for (const { index, v, updated } of updates) {
      velocity[index] = v;
      parameters[index] = updated;
    }
  }
};
