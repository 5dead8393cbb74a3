/** What training needs of a flow, and what the flow keeps of its training. */
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { OptimizerState, TrainingRecord } from '../io/modelFile.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { Shift } from '../data/offset.ts';
import type { FitOptions, TrainingSettings } from './options.ts';

/** The flow as training sees it. */
export interface Trainee {
  readonly gpu: Gpu;
  readonly parameters: OwnedBuffer;
  /** Its spec changes once, if the first data have an offset. */
  model: () => FlowModel;
  /** The settings and the name of the flow's preset, for a run that learns `rows` rows. */
  defaults: (rows: number) => Partial<TrainingSettings> & Pick<FitOptions, 'preset'>;
  /** The kernels for batches of `rows` rows; `stored` is what a checkpoint says of them. */
  variantsFor: (rows: number, stored: unknown) => Promise<KernelVariants>;
  shiftTo: (shift: Shift) => void;
  isAlive: () => boolean;
  logProb: (rows: TakenRows, options: RunOptions, variants: KernelVariants) => Promise<Float32Array>;
}

/** What a checkpoint holds of a run; `parameters` are the last ones, in the order of the model's layout. */
export interface Checkpoint {
  parameters: Float32Array;
  training: TrainingRecord;
  optimizer: OptimizerState;
}

/** What a flow keeps of its training. */
export interface TrainingState {
  /** Neither trained nor loaded: the first training data set the scales of domains and the standardisation. */
  isFresh: boolean;
  /** What made the model; undefined for a flow that was never trained. */
  record: TrainingRecord | undefined;
  /** Where the last `fit` stopped, for a checkpoint and for `resume`. */
  last: Checkpoint | undefined;
  /** The best parameters that the host has of the last `fit`, for when the device is lost. */
  copy: Omit<Checkpoint, 'optimizer'> | undefined;
  /** Where the `fit` is that goes on; undefined if none does. */
  snapshot: (() => Promise<Checkpoint>) | undefined;
}
