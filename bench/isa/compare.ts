/** Compares two runs: what got better or worse. */
import { printedName } from '../../src/measure/workloads.ts';
import { gpuText } from './rules.ts';
import type { IsaTable, KernelRow, SpecRow } from './table.ts';

/** The figures of a plan; of its kernels the worst. */
export interface PlanFigures {
  dispatches: number;
  modelledMs: number;
  registers: number;
  spilled: number;
  scratchBytes: number;
}

export interface PlanChange {
  plan: string;
  before: PlanFigures;
  after: PlanFigures;
}

export interface IsaComparison {
  /** The plans that differ, the largest change of time first. */
  changes: PlanChange[];
  same: number;
  onlyBefore: string[];
  onlyAfter: string[];
}

export function compareTables(before: IsaTable, after: IsaTable): IsaComparison {
  const earlier = plansOf(before);
  const later = plansOf(after);
  const matches = [...later].flatMap(([plan, figures]): PlanChange[] => {
    const match = earlier.get(plan);
    return match === undefined ? [] : [{ plan, before: match, after: figures }];
  });
  const changes = matches.filter((match) => JSON.stringify(match.before) !== JSON.stringify(match.after));
  const size = (change: PlanChange): number => Math.abs(Math.log(timeRatio(change)));
  return {
    changes: changes.sort((a, b) => size(b) - size(a)),
    same: matches.length - changes.length,
    onlyBefore: [...earlier.keys()].filter((plan) => !later.has(plan)),
    onlyAfter: [...later.keys()].filter((plan) => !earlier.has(plan)),
  };
}

/** The modelled time after, as a multiple of the time before. */
export function timeRatio({ before, after }: PlanChange): number {
  return after.modelledMs / before.modelledMs;
}

function plansOf({ kernels, specs }: IsaTable): Map<string, PlanFigures> {
  const rows = new Map<string, KernelRow[]>();
  for (const row of kernels) {
    const own = rows.get(planName(row)) ?? [];
    own.push(row);
    rows.set(planName(row), own);
  }
  return new Map(
    specs.map((row) => {
      const own = rows.get(planName(row)) ?? [];
      const worst = (figure: 'registers' | 'spilled' | 'scratchBytes'): number =>
        Math.max(0, ...own.map((kernel) => kernel[figure]));
      const { dispatches, modelledMs } = row;
      const figures = {
        dispatches,
        modelledMs,
        registers: worst('registers'),
        spilled: worst('spilled'),
        scratchBytes: worst('scratchBytes'),
      };
      return [planName(row), figures];
    }),
  );
}

function planName(row: Pick<SpecRow, 'spec' | 'pass' | 'gpu' | 'subgroups'>): string {
  return `${row.spec} ${printedName(row.pass)}, ${gpuText(row)}`;
}
