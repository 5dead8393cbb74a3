/**
 * Models from the state dicts of PyTorch libraries, with the same numbers: `Flow.load(encodeModel(nflowsModel(state)))`.
 * docs/pytorch.md says which parts of nflows and normflows can be loaded.
 */
export { nflowsModel, normflowsModel, readStateDict } from './io/pytorch.ts';
export type { NetOptions, NormflowsOptions } from './io/pytorch.ts';
export { encodeModel } from './io/modelFile.ts';
export type { Model } from './io/modelFile.ts';
export type { StateDict } from './io/stateDict.ts';
