/** What each choice of kernels means. */
export const CHOICE_WORDS: Readonly<Record<string, string>> = {
  regime:
    'The work of a dispatch: one layer (tiled), a stack of couplings (fused), or all bijectors that fit a workgroup’s memory (resident).',
  lanes: 'Subgroup lanes that share the values they load; 1 uses no subgroups.',
  segment: 'Couplings whose values a fused training step keeps at once. Earlier ones run their nets twice.',
  product:
    'The kernels of a layer in the tiled regime: plain ones work everywhere, blocked ones suit GPUs, streamed ones suit processors.',
  weights: 'How small nets sum their gradients: over the rows, or from running sums over sorted rows.',
  keep: 'Whether a tiled training step rebuilds the hidden layers of each coupling, or stores them all.',
  precision: 'The precision of weights and hidden activations. f16 changes the results.',
};
