/** The options of the choice of kernels, and the report on it. */
import type { TunedPass } from '../passes/index.ts';
import type { Precision } from '../plan/precision.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** How kernel variants are chosen: by a timed search on the device at first use, or from a fixed table. */
export const TUNING_MODES = ['measured', 'fixed'] as const;
/** `measured` times the kernels on the device at first use; `fixed` takes them from a table. */
export type TuningMode = (typeof TUNING_MODES)[number];

/** A store that keeps choices across processes. Values from `get` are checked before use. */
export interface TuningCache {
  /** The choice stored under a key, or undefined. */
  get(key: string): unknown;
  /** Stores a choice under a key. */
  set(key: string, variants: KernelVariants): void | Promise<void>;
}

/** How a flow computes: its precision, and how it chooses kernels. */
export interface TuningOptions {
  /** Default `measured`. */
  tuning?: TuningMode;
  /**
   * Precision of the nets' weights and hidden activations on the GPU. `f16` needs the device feature
   * `shader-f16`; sums, gradients, the optimiser and the model file stay f32. Default `f32`.
   */
  precision?: Precision;
  /** Read before a search, and written with its result. Default none. */
  tuningCache?: TuningCache;
  /** Called once for every choice. Default none. */
  onTuning?: (report: TuningReport) => void;
}

/** A choice and where it comes from. */
export interface TuningReport {
  /** `gradient` for training, `forward` for scoring, `inverse` for sampling. */
  pass: TunedPass;
  /** Rows processed at once: the batch, or a chunk of a call. */
  rows: number;
  /** The kernels that were chosen. */
  variants: KernelVariants;
  /** `checkpoint`: the choice of the resumed run. `untimed`: the time budget ended before a comparison. */
  source: 'measured' | 'untimed' | 'only' | 'fixed' | 'cache' | 'checkpoint';
  /** The candidates, with the median time of the pass in ms; no time if one did not compile or run in time. */
  candidates?: { variants: KernelVariants; ms?: number }[];
  /** Time of the search, ms, counted from when the fixed choice could run. */
  searchMs?: number;
}
