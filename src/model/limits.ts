/** Limits that prevent a small file from requesting a large allocation. */
export const SPEC_LIMITS = {
  dim: 65_536,
  width: 65_536,
  hiddenLayers: 64,
  residualBlocks: 32,
  bijectors: 4096,
  tensors: 65_536,
};

/** Maximum number of context features of a flow. */
export const MAX_CONTEXT = 4096;
