/** What a choice of kernels is for. */
import { PASSES, TIMED } from './index.ts';
import type { TunedPass } from './index.ts';
import type { Plan } from '../plan/plan.ts';
import type { Precision } from '../plan/precision.ts';
import type { AdapterFacts, KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';

/** The purpose of a choice: `gradient` for training steps, `forward` for scoring, `inverse` for sampling. */
export interface Purpose {
  pass: TunedPass;
  /** Rows processed at once. */
  rows: number;
  /** Default f32. */
  precision?: Precision;
}

export interface DeviceFacts extends AdapterFacts {
  maxStorageBufferBindingSize: number;
}

/** The plan that the search times. */
export function purposePlan(model: FlowModel, { pass, rows }: Purpose, variants: KernelVariants): Plan {
  return PASSES[TIMED[pass]].plan(model, { count: rows }, variants);
}

/** A choice in words: `fused, lanes 8, segment 8`. */
export function variantsText(variants: KernelVariants | Readonly<Record<string, unknown>>): string {
  const { regime, ...others } = variants;
  return [regime, ...Object.entries(others).map(([name, value]) => `${name} ${String(value)}`)].join(', ');
}

/** The purpose in words, for keys of caches. */
export function purposeText({ pass, rows, precision = 'f32' }: Purpose): string {
  return `${pass} ${rows} rows${precision === 'f32' ? '' : ` ${precision}`}`;
}
