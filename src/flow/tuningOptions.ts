/** The options of the choice of kernels, and the report on it. */
import type { TunedPass } from '../passes/index.ts';
import type { Precision } from '../plan/precision.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** How kernel variants are chosen: by a timed search on the device at first use, or from a fixed table. */
export const TUNING_MODES = ['measured', 'fixed'] as const;
export type TuningMode = (typeof TUNING_MODES)[number];

/** A store that keeps choices across processes. Values from `get` are checked before use. */
export interface TuningCache {
  get(key: string): unknown;
  set(key: string, variants: KernelVariants): void | Promise<void>;
}

export interface TuningOptions {
  /** Default `measured`. */
  tuning?: TuningMode;
  /**
   * Precision of the nets' weights and hidden activations on the GPU. `f16` needs the device feature
   * `shader-f16`; sums, gradients, the optimiser and the model file stay f32. Default `f32`.
   */
  precision?: Precision;
  /** Read before a search, and written with its result. */
  tuningCache?: TuningCache;
  /** Called once for every choice. */
  onTuning?: (report: TuningReport) => void;
}

/** A choice and where it comes from. */
export interface TuningReport {
  /** `gradient` for training, `forward` for scoring, `inverse` for sampling. */
  pass: TunedPass;
  /** Rows processed at once: the batch, or a chunk of a call. */
  rows: number;
  variants: KernelVariants;
  /** `checkpoint`: the choice of the resumed run. `untimed`: the time budget ended before a comparison. */
  source: 'measured' | 'untimed' | 'only' | 'fixed' | 'cache' | 'checkpoint';
  /** The candidates, with the median time of the pass in ms; no time if one did not compile or run in time. */
  candidates?: { variants: KernelVariants; ms?: number }[];
  /** Time of the search, ms, counted from when the fixed choice could run. */
  searchMs?: number;
}
