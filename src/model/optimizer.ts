/** The optimisers of training. */
export const OPTIMIZERS = ['adam', 'sgd'] as const;

export type OptimizerName = (typeof OPTIMIZERS)[number];
