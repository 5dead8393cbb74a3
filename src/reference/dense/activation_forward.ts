import type { Twin } from '../../plan/kernel.ts';
import type { activationForwardKernel } from '../../kernels/dense/activation_forward.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';

export const activationForward: Twin<typeof activationForwardKernel> = ({
  params,
  flags,
  constants,
  buffers,
}) => {
  const { input, output, derivative } = buffers;
  for (let place = 0; place < 4 * params.n_quads * params.n_features; place++) {
    const activated = activate(constants.ACTIVATION, at(input, place));
    output[place] = activated.value;
    if (flags.STORE_DERIVATIVE) derivative[place] = activated.derivative;
  }
};
