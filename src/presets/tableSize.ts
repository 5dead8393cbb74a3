/** The size of a flow that suits a table. */
import type { PresetOptions } from './presetOptions.ts';

/** The size of a flow, if it differs from the preset's, and its share of the preset's learning rate. */
export interface TableSize extends Pick<PresetOptions, 'couplings' | 'hidden'> {
  pace: number;
}

/**
 * A large flow memorises few rows before it learns their distribution, so a small table gets a smaller flow
 * that learns more slowly. `docs/choosing-a-flow.md` has the figures. From 5,000 rows on, and for a single
 * feature, it is the preset's own size.
 */
export function tableSize(rows: number, dim: number): TableSize {
  if (dim === 1) return { pace: 1 };
  if (rows < 1000) return { couplings: 4, hidden: [8], pace: 0.2 };
  if (rows < 5000) return { couplings: 6, hidden: [16, 16], pace: 0.4 };
  return { pace: 1 };
}
