/**
 * wgflow: normalizing flows trained and sampled on the GPU by hand-written WGSL.
 * This entry has no Node imports; `wgflow/node` opens devices in Node, `wgflow/reference` is the f64 twin.
 */
export { Flow } from './flow.ts';
export type { Rows } from './callerArrays.ts';
export type { FlowOptions, LoadOptions, RunOptions, SampleOptions } from './flowOptions.ts';
export { FlowPass } from './flowPass.ts';
export type { PassBuffers, PassKind, PassOptions } from './flowPass.ts';
export type { FlowTrace, TraceOptions } from './flowTrace.ts';
export type { FitOptions, TrainingData } from './fitOptions.ts';
export type { FitReport } from './trainer.ts';
export type { MemoryOptions, MemoryReport } from './memory.ts';
export { glow, nice, PRESETS, realnvp, spline, vanilla } from './flows/index.ts';
export type { Preset, PresetName, PresetOptions } from './flows/index.ts';
export { parseSchedule } from './schedule.ts';
export type { Schedule } from './schedule.ts';
export type {
  Activation,
  ActnormSpec,
  AdditiveCouplingSpec,
  AffineCouplingSpec,
  BaseSpec,
  BijectorSpec,
  ClassConditionalSpec,
  ConditionerSpec,
  DiagonalNormalSpec,
  DiagonalScaleSpec,
  Domain,
  DomainSpec,
  FeatureBlock,
  FlowSpec,
  InvertibleLinearSpec,
  MixtureSpec,
  NetSpec,
  PermutationSpec,
  SplineCouplingSpec,
  SplineElementwiseSpec,
  ScaleMap,
  StandardNormalSpec,
  StandardizeSpec,
  StudentTSpec,
  UniformSpec,
} from './spec.ts';
export { encodeContext } from './context.ts';
export type { ContextColumn, LabelColumn, NumberColumn } from './context.ts';
export { toyDensity, TOY_NAMES } from './data/toy.ts';
export type { ToyDensity, ToyName } from './data/toy.ts';
export type { Precision } from './precision.ts';
export type { KernelVariants } from './steps/variants.ts';
export type { TuningCache, TuningMode, TuningOptions, TuningReport } from './tuning.ts';
export type { TrainingRecord } from './io/modelFile.ts';
export { describeDevice } from './gpu/context.ts';
export type { AdapterReport } from './gpu/context.ts';
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
export { VERSION } from './version.ts';
