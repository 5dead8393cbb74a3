/** The size of a flow that suits a table, and how to train it. */
import type { TrainingSettings } from '../training/settingTable.ts';
import type { PresetOptions } from './presetOptions.ts';

/** What differs from the preset's own size and training settings. */
export interface TableSize {
  shape: Pick<PresetOptions, 'couplings' | 'hidden'>;
  training: Partial<TrainingSettings>;
}

interface Tier {
  /** Tables with fewer rows are of this tier. */
  below: number;
  shape: TableSize['shape'];
  training: Pick<TrainingSettings, 'batch' | 'learningRate' | 'averageDecay' | 'weightDecay'>;
}

/** `docs/choosing-a-flow.md` says what these were chosen against. */
const TIERS: readonly Tier[] = [
  {
    below: 1000,
    shape: { couplings: 4, hidden: [16] },
    training: { batch: 64, learningRate: 1e-3, averageDecay: 0.99, weightDecay: 1 },
  },
  {
    below: 5000,
    shape: { couplings: 6, hidden: [32] },
    training: { batch: 128, learningRate: 2e-3, averageDecay: 0.995, weightDecay: 0.3 },
  },
  {
    below: 100_000,
    shape: { couplings: 6, hidden: [64] },
    training: { batch: 512, learningRate: 2e-3, averageDecay: 0.998, weightDecay: 0.1 },
  },
];
/** From this many rows on, flows in the plane have the preset's own size and learning rate. */
const PLENTY_IN_THE_PLANE = 5000;
const MAX_STEPS = 5000;
const MAX_JITTER = 0.5;

/**
 * A large flow memorises few rows before it learns their distribution. So a small table gets a smaller flow, smaller
 * batches, noise as large as the error of a Gaussian of as many rows, and weight decay. The average of the parameters
 * replaces a schedule, because training ends by patience, at a step that is not known before. Endless rows of a toy
 * density get the preset's own size and settings.
 */
export function tableSize(rows: number, dim: number): TableSize {
  if (rows === Infinity) return { shape: {}, training: {} };
  const { shape, training } = tierOf(rows, dim);
  return {
    shape: dim === 1 ? {} : shape,
    training: {
      steps: MAX_STEPS,
      schedule: { kind: 'constant' },
      warmup: 30,
      jitter: Math.min(MAX_JITTER, Math.sqrt(dim / rows)),
      ...training,
    },
  };
}

function tierOf(rows: number, dim: number): TableSize {
  const found = TIERS.find(({ below }) => rows < below);
  const isOwn = found === undefined || (dim <= 2 && rows >= PLENTY_IN_THE_PLANE);
  return isOwn ? { shape: {}, training: { averageDecay: 0.998 } } : found;
}
