/** How large a flow a table can teach. */
import type { PresetOptions } from './presetOptions.ts';

/** The size of a flow if it is not the preset's own, and the share of the preset's learning rate that it takes. */
export interface TableSize extends Pick<PresetOptions, 'couplings' | 'hidden'> {
  pace: number;
}

/**
 * Few rows are learned by heart before a large flow has learned what is common to them, so they get a smaller one that
 * learns more slowly; `docs/choosing-a-flow.md` has the figures. From 5,000 rows on, and for a single feature, it is the
 * preset's own.
 */
export function tableSize(rows: number, dim: number): TableSize {
  if (dim === 1) return { pace: 1 };
  if (rows < 1000) return { couplings: 4, hidden: [8], pace: 0.2 };
  if (rows < 5000) return { couplings: 6, hidden: [16, 16], pace: 0.4 };
  return { pace: 1 };
}
