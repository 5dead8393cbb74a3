/** The parts of a flow that training uses, and the training state that the flow keeps. */
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import { DataError } from '../errors.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { OptimizerState, TrainingRecord } from '../io/modelFile.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { Shift } from '../data/offset.ts';
import type { FitOptions } from './options.ts';
import type { TrainingSettings } from './settingTable.ts';

/** The parts of a flow that training uses, on one device. */
export interface Trainee {
  readonly gpu: Gpu;
  readonly parameters: OwnedBuffer;
  /** Its spec changes only once, if the first data have an offset. */
  model: () => FlowModel;
  /** The preset's settings and name, for a run on `rows` rows. */
  defaults: (rows: number) => Partial<TrainingSettings> & Pick<FitOptions, 'preset'>;
  /** The kernels for batches of `rows` rows; `stored` is a checkpoint's choice. */
  variantsFor: (rows: number, stored: unknown) => Promise<KernelVariants>;
  shiftTo: (shift: Shift) => void;
  /** The parameters that the host has, and a later state of them: what remains when the device is lost. */
  hostParameters: () => Float32Array;
  keepOnHost: (parameters: Float32Array) => void;
  /** Moves the flow to another device, and returns whether there is one. */
  reopen: () => Promise<boolean>;
  isAlive: () => boolean;
  logProb: (rows: TakenRows, options: RunOptions, variants: KernelVariants) => Promise<Float32Array>;
}

/** The state of a run in a checkpoint; `parameters` are the last ones, in the order of the model's layout. */
export interface Checkpoint {
  parameters: Float32Array;
  training: TrainingRecord;
  optimizer: OptimizerState;
}

/** The training state that a flow keeps. */
export interface TrainingState {
  /** Neither trained nor loaded: the first training data set the scales of domains and the standardisation. */
  isFresh: boolean;
  /** How the model was made; undefined if the flow was never trained. */
  record: TrainingRecord | undefined;
  /** The end of the last `fit`, for a checkpoint and for `resume`. */
  last: Checkpoint | undefined;
  /** The state of the running `fit`; undefined if none is running. */
  snapshot: (() => Promise<Checkpoint>) | undefined;
}

/** The state of the earlier run. @throws {DataError} when the model has none */
export function resumedFrom({ last }: TrainingState): Checkpoint {
  if (last !== undefined) return last;
  const problem = 'there is no training to resume: the model has no optimiser state';
  throw new DataError(problem, {}, 'Load a checkpoint.');
}

/** The parameters that a run which ends in this state leaves: the best ones, or else the last. */
export function resultOf({ parameters, optimizer: { best } }: Checkpoint): Float32Array {
  const result = parameters.slice();
  if (best !== undefined) result.set(best.parameters);
  return result;
}
