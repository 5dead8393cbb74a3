/** How much GPU memory training takes, from the plan that would run. */
import { toyDensity } from '../data/toy.ts';
import { FIT_DEFAULTS } from './settingTable.ts';
import type { TrainingSettings } from './settingTable.ts';
import { uniformBytes } from '../gpu/uniforms.ts';
import { integer, requireOptions } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { bufferBytes, tableBytes } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { STREAMS } from '../random.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { datasetFor, LOSS_STAGING_LENGTHS } from '../passes/batch.ts';
import type { BatchSource } from '../passes/batch.ts';
import type { FlowModel } from '../spec/layout.ts';
import {
  AVERAGE,
  FIRST_MOMENT,
  GRADIENTS,
  isDataset,
  PARAMETERS,
  PARTIAL_SUMS,
  SECOND_MOMENT,
  NOISE_FACTOR,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
  STEP_SUMS,
} from '../plan/names.ts';
import { trainPlan } from '../passes/train.ts';
import { keptBuffers } from './kept.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** Options of `Flow.memory`. */
export interface MemoryOptions {
  /** Rows of a batch. Default 512. */
  batch?: number;
  /** Rows of the training data; 0 (the default) for the fresh points of a toy density, which are never stored. */
  rows?: number;
}

export const MEMORY_RULES: OptionRules<keyof MemoryOptions> = { batch: integer(1), rows: integer(0) };

/** Bytes on the GPU while a flow trains. */
export interface MemoryReport {
  /** The tensors of the model. Between calls a flow holds only these and the workspace of its last calls. */
  parameters: number;
  /** Gradients, Adam's two moments, and a copy of the trained state, to go back to if a step is not finite. */
  optimizer: number;
  /**
   * The workspace of a step: rows and their gradients, values kept for the backward pass, partial sums of the
   * weights' gradients; at precision f16, also the f16 copy of the parameters. Beyond the couplings of one
   * segment (`KernelVariants`, by default 8) it does not grow with their number.
   */
  activations: number;
  /** The training rows and their contexts. */
  data: number;
  /** Buffers that control and record the steps: rings, kernel params and tables, sums of loss and gradient norm. */
  control: number;
  /** The sum of these. Validation adds a copy of the trained parameters, and the workspace of `logProb`. */
  total: number;
}

type Part = Exclude<keyof MemoryReport, 'total'>;

const PARTS: Readonly<Record<string, Part>> = {
  [PARAMETERS]: 'parameters',
  [GRADIENTS]: 'optimizer',
  [FIRST_MOMENT]: 'optimizer',
  [SECOND_MOMENT]: 'optimizer',
  [AVERAGE]: 'optimizer',
  [NOISE_FACTOR]: 'data',
  [STEP_STATE]: 'control',
  [STEP_CURSOR]: 'control',
  [STEP_SCALARS]: 'control',
  [STEP_LOSSES]: 'control',
  [STEP_SUMS]: 'control',
  [PARTIAL_SUMS]: 'control',
};

/** No size depends on the density, the seed or Adam's settings. */
const { shape, noise } = toyDensity('moons');
const toyFor = ({ contextDim }: FlowSpec): BatchSource => ({
  kind: 'toy',
  shape,
  noise,
  stream: STREAMS.toyTraining,
  ...(contextDim === 0 ? {} : { classes: contextDim }),
});

/**
 * The memory of a `fit` with these rows and batches, and with `settings` besides the defaults. The default `variants` are the fixed table's for a GPU
 * without subgroups.
 * @throws {ShapeError} when an option is out of range
 */
export function trainingMemory(
  model: FlowModel,
  { batch = FIT_DEFAULTS.batch, rows = 0 }: MemoryOptions = {},
  variants: KernelVariants = fixedVariants(GPU_WITHOUT_SUBGROUPS),
  settings: Partial<TrainingSettings> = {},
): MemoryReport {
  requireOptions('memory', { batch, rows }, MEMORY_RULES);
  const source = rows === 0 ? toyFor(model.spec) : datasetFor(model.spec, rows);
  const optimizer = { ...FIT_DEFAULTS, ...settings };
  const plan = trainPlan(model, { source, batch, seed: 0, optimizer, variants });
  const parts = bytesByPart(plan);
  parts.optimizer += 4 * model.layout.trainableLength * keptBuffers(optimizer).length;
  const control = LOSS_STAGING_LENGTHS.reduce(
    (sum, length) => sum + 4 * length,
    parts.control + uniformBytes(plan.dispatches) + tableBytes(plan.dispatches),
  );
  const report = { ...parts, control };
  return { ...report, total: Object.values(report).reduce((sum, bytes) => sum + bytes, 0) };
}

function bytesByPart({ buffers }: Plan): Record<Part, number> {
  const bytes = { parameters: 0, optimizer: 0, activations: 0, data: 0, control: 0 };
  for (const buffer of buffers) {
    const { name } = buffer;
    bytes[isDataset(name) ? 'data' : (PARTS[name] ?? 'activations')] += bufferBytes(buffer);
  }
  return bytes;
}
