/** The bounds that every kernel and plan should keep on a GPU. */
import { printedName } from '../../src/measure/workloads.ts';
import type { KernelRow, IsaTable, SpecRow } from './table.ts';

export interface BrokenRule {
  rule: Rule;
  /** What was found where, and what is expected. */
  what: string;
  /** The plans and GPUs that have it. */
  places: string[];
}

type Rule = keyof typeof RULES;

/** The rules in words, in the order of a report. */
export const RULES = {
  dispatches: 'A plan has few dispatches',
  registers: 'Values stay in registers: no spills, no scratch, few enough registers for several subgroups',
  lanes: 'Workgroups fill their subgroups',
  machine: 'The heavy kernels of a training step fill the machine',
  arithmetic: 'Inner loops of heavy kernels are mostly multiply-adds',
} as const;

/** Dispatches of a training step and of a pass at most, by the widest layer of the nets; wider nets may have any. */
const MAX_DISPATCHES = [
  { widest: 128, step: 12, pass: 2 },
  { widest: 256, step: 60, pass: 60 },
];
const MAX_REGISTERS = 128;
/** Fills subgroups of any GPU. */
const GROUP_MULTIPLE = 64;
const MIN_WORKGROUPS = 64;
/** The share of a plan's FLOPs that makes a kernel heavy. */
const HEAVY = 0.05;
const MIN_MULTIPLY_ADDS = 2 / 3;
const MIN_MULTIPLY_ADDS_PER_LOAD = 4;

/** The rules that the table breaks, each kind of break once, in the order of `RULES`. */
export function brokenRules({ kernels, specs }: Pick<IsaTable, 'kernels' | 'specs'>): BrokenRule[] {
  const found = new Map<string, BrokenRule>();
  const add = (rule: Rule, what: string, place: string): void => {
    const key = `${rule} ${what}`;
    const known = found.get(key) ?? { rule, what, places: [] };
    known.places.push(place);
    found.set(key, known);
  };
  for (const row of specs) {
    const max = maxDispatches(row);
    if (row.dispatches > max) {
      const what = `${row.spec}: ${row.dispatches} dispatches of ${printedName(row.pass)}, expected at most ${max}`;
      add('dispatches', what, gpuText(row));
    }
  }
  for (const row of kernels) {
    const place = `${row.spec} ${printedName(row.pass)}, ${gpuText(row)}`;
    for (const [rule, what] of kernelProblems(row)) add(rule, `${stemOf(row)} on ${row.gpu}: ${what}`, place);
  }
  const order = Object.keys(RULES);
  return [...found.values()].sort((a, b) => order.indexOf(a.rule) - order.indexOf(b.rule));
}

function maxDispatches({ widest, pass }: SpecRow): number {
  const bound = MAX_DISPATCHES.find((each) => widest <= each.widest);
  return (pass === 'trainStep' ? bound?.step : bound?.pass) ?? Infinity;
}

function kernelProblems(row: KernelRow): [Rule, string][] {
  const problems: [Rule, string][] = [];
  const { registers, spilled, scratchBytes, groupSize, workgroups, innerLoop } = row;
  if (spilled > 0) problems.push(['registers', `${spilled} registers spilled, expected 0`]);
  if (scratchBytes > 0) problems.push(['registers', `${scratchBytes} bytes of scratch, expected 0`]);
  if (registers > MAX_REGISTERS) {
    problems.push(['registers', `${registers} registers, expected at most ${MAX_REGISTERS}`]);
  }
  if (groupSize % GROUP_MULTIPLE !== 0) {
    problems.push(['lanes', `workgroups of ${groupSize}, expected a multiple of ${GROUP_MULTIPLE}`]);
  }
  if (row.flopShare < HEAVY) return problems;
  if (row.pass === 'trainStep' && workgroups < MIN_WORKGROUPS) {
    problems.push(['machine', `${workgroups} workgroups, expected at least ${MIN_WORKGROUPS}`]);
  }
  if (innerLoop === null) return problems;
  const { multiplyAdds, instructions, workgroupLoads } = innerLoop;
  if (multiplyAdds < MIN_MULTIPLY_ADDS * instructions) {
    problems.push([
      'arithmetic',
      `${multiplyAdds} multiply-adds of ${instructions} instructions, expected two thirds`,
    ]);
  }
  if (multiplyAdds < MIN_MULTIPLY_ADDS_PER_LOAD * workgroupLoads) {
    const what = `${multiplyAdds} multiply-adds for ${workgroupLoads} loads from workgroup memory`;
    problems.push(['arithmetic', `${what}, expected ${MIN_MULTIPLY_ADDS_PER_LOAD} for each`]);
  }
  return problems;
}

/** The kernel without its flags and numbers. */
export function stemOf({ kernel }: Pick<KernelRow, 'kernel'>): string {
  return kernel.replace(/\[.*/, '');
}

export function gpuText({ gpu, subgroups }: Pick<SpecRow, 'gpu' | 'subgroups'>): string {
  return subgroups === 0 ? `${gpu} without subgroups` : gpu;
}
