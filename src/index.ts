/**
 * wgflow: normalizing flows trained and sampled on the GPU by hand-written WGSL.
 * This entry has no Node imports; `wgflow/node` opens devices in Node, `wgflow/reference` is the f64 twin.
 * @module wgflow
 */
export { Flow } from './flow/flow.ts';
export type { GivenRows, ModelSource, NumberRows, Rows } from './calls/callerArrays.ts';
export type { TensorValues } from './flow/contents.ts';
export type {
  CloneOptions,
  FlowOptions,
  FlowTrace,
  ImageFlowOptions,
  LoadOptions,
  LogProbOptions,
  PresetFlowOptions,
  SampleOptions,
  SaveOptions,
  TraceOptions,
  WaitOptions,
} from './flow/options.ts';
export type { FlowGradients } from './flow/passRunner.ts';
export type { RunOptions } from './calls/rows.ts';
export type { FlowPass, PassBuffers, PassKind, PassOptions } from './flow/pass.ts';
export type {
  GivenData as TrainingData,
  GivenFit as FitOptions,
  GivenValidation as ValidationOptions,
} from './training/options.ts';
export type { TrainingSettings } from './training/settingTable.ts';
export type { RowStream } from './data/rowStream.ts';
export type { ContextRows } from './data/holdOut.ts';
export type { WorstRow } from './training/scoring.ts';
export type { FitReport } from './training/report.ts';
export type { StepwiseRun } from './training/stepwise.ts';
export type { MemoryOptions, MemoryReport } from './training/memory.ts';
export {
  glow,
  glowImage,
  IMAGE_PRESETS,
  nice,
  PRESETS,
  realnvp,
  realnvpImage,
  spline,
  vanilla,
} from './presets/index.ts';
export type { ImagePreset, ImagePresetOptions, Preset, PresetName, PresetOptions } from './presets/index.ts';
export { parseSchedule } from './model/schedule.ts';
export type { Schedule } from './model/schedule.ts';
export * from './bijectors/index.ts';
export { bitsPerDimension } from './model/image.ts';
export type { ImageShape } from './model/image.ts';
export * from './bases/index.ts';
export { stack } from './spec/stack.ts';
export type { GivenBijector, StackOptions } from './spec/stack.ts';
export type { FlowSpec } from './spec/spec.ts';
export type { NetSpec } from './nets/net.ts';
export type { Domain } from './model/domain.ts';
export type { ScaleMap } from './model/scaleMap.ts';
export type { Activation } from './model/activation.ts';
export type { FeatureBlock } from './model/blocks.ts';
export { encodeContext } from './model/context.ts';
export type { ContextColumn, LabelColumn, NumberColumn } from './model/context.ts';
export { toyDensity, TOY_NAMES } from './data/toy.ts';
export type { ToyDensity, ToyName } from './data/toy.ts';
export type { Precision } from './plan/precision.ts';
export type { KernelVariants } from './plan/variants.ts';
export type { TuningCache, TuningMode, TuningOptions, TuningReport } from './flow/tuningOptions.ts';
export type { TrainingRecord, ValidationRecord } from './io/modelFile.ts';
export { describeDevice } from './gpu/device.ts';
export type { AdapterReport } from './gpu/device.ts';
export {
  DataError,
  DeviceLostError,
  DisposedError,
  FeatureError,
  GpuMemoryError,
  GpuUnavailableError,
  GpuWorkError,
  LimitError,
  ModelFileError,
  NonFiniteError,
  ShaderCompileError,
  ShapeError,
  TrainingDivergedError,
  VerificationError,
  WgflowError,
} from './errors.ts';
export type { DataPlace, DivergedPart } from './errors.ts';
export { VERSION } from './version.ts';
