/**
 * Models to and from PyTorch, with the same numbers: `pytorchFiles(await flow.save())` gives the files of a folder for
 * it, and `Flow.load(encodeModel(nflowsModel(state)))` takes the state dict of a library. docs/pytorch.md says which
 * parts of nflows, normflows and zuko can be loaded.
 * @module wgflow/pytorch
 */
export { pytorchFiles } from './io/torch/export.ts';
export { nflowsModel, normflowsModel } from './io/torch/nflows.ts';
export type { NetOptions, NormflowsOptions } from './io/torch/nflows.ts';
export { readStateDict } from './io/torch/stateDict.ts';
export type { StateDict } from './io/torch/stateDict.ts';
export { vanillaModel } from './io/torch/vanilla.ts';
export type { VanillaOptions } from './io/torch/vanilla.ts';
export { zukoModel } from './io/torch/zuko.ts';
export type { ZukoOptions } from './io/torch/zuko.ts';
export { encodeModel } from './io/modelFile.ts';
export type { BestParameters, Model, OptimizerState, Settings } from './io/modelFile.ts';
