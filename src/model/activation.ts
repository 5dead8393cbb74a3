/** The numbers by which shaders/shared/activation.wgsl knows the activation functions. */
import { ACTIVATIONS } from '../spec/spec.ts';
import type { Activation } from '../spec/spec.ts';

export function activationCode(activation: Activation): number {
  return ACTIVATIONS.indexOf(activation);
}
