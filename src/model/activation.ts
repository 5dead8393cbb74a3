/** Activation functions of a net; `leaky_relu` has PyTorch's default negative slope of 0.01. */
export const ACTIVATIONS = ['identity', 'relu', 'leaky_relu', 'tanh', 'silu'] as const;
/** The activation function of a net. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Whether its derivative follows from its value alone. */
export function hasDerivativeAtValue(activation: Activation): boolean {
  return activation !== 'silu';
}

/** Its number in shaders. */
export function activationCode(activation: Activation): number {
  return ACTIVATIONS.indexOf(activation);
}
