import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { Activation } from '../../model/activation.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';

export const activationForwardKernel = {
  stem: 'activation_forward',
  params: {
    n_quads: 'u32',
    n_features: 'u32',
  },
  bindings: {
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
    derivative: { access: 'read_write', element: 'f32', when: 'STORE_DERIVATIVE' },
  },
  flags: ['STORE_DERIVATIVE'],
  constants: ['ACTIVATION'],
} as const satisfies KernelSpec;

export interface ActivationForwardArguments {
  /** A multiple of 4. */
  rows: number;
  features: number;
  activation: Activation;
  input: string;
  output: string;
  /** Receives φ′; omitted if no backward pass follows. */
  derivative?: string;
}

/** output = φ(input), element by element. */
export function activationForward(args: ActivationForwardArguments): Dispatch {
  const { rows, features, derivative } = args;
  const quads = quadsOf(rows);
  return dispatchOf(activationForwardKernel, {
    params: { n_quads: quads, n_features: features },
    flags: { STORE_DERIVATIVE: derivative !== undefined },
    constants: { ACTIVATION: activationCode(args.activation) },
    buffers: { input: args.input, output: args.output, ...(derivative === undefined ? {} : { derivative }) },
    workgroups: gridOf(quads * features),
    flops: rows * features,
    bytes: 4 * rows * features * (2 + Number(derivative !== undefined)),
  });
}
