/** A run in words and tables. */
import { tableText } from '../../src/cli/table.ts';
import { milliseconds, percent } from '../../src/measure/format.ts';
import { printedName, REPORTED } from '../../src/measure/workloads.ts';
import { timeRatio } from './compare.ts';
import type { IsaComparison, PlanChange } from './compare.ts';
import { gpuText, RULES, stemOf } from './rules.ts';
import type { BrokenRule } from './rules.ts';
import type { IsaTable, KernelRow, SpecRow } from './table.ts';

/** A table of kernels and one of plans for each GPU, and for what differs without subgroups. */
export function tablesText(table: IsaTable): string {
  const titles = new Set(table.specs.map(gpuText));
  return [...titles]
    .flatMap((title) => [
      `${title}, kernels`,
      kernelsText(table.kernels.filter((row) => gpuText(row) === title)),
      `${title}, plans: dispatches, modelled time`,
      plansText(table.specs.filter((row) => gpuText(row) === title)),
    ])
    .join('\n');
}

const KERNEL_HEAD = [
  'kernel',
  'where',
  'workgroups',
  'size',
  'lanes used',
  'registers',
  'spilled',
  'scratch',
  'workgroup memory',
  'subgroups a SIMD',
  'inner loop',
];

/** A row for each variant, with the workgroups of the plan that launches most of them. */
function kernelsText(rows: readonly KernelRow[]): string {
  const variants = [...new Set(rows.map(({ kernel }) => kernel))].sort();
  const cells = variants.map((variant) => {
    const uses = rows.filter(({ kernel }) => kernel === variant);
    const row = uses.reduce((a, b) => (b.workgroups > a.workgroups ? b : a));
    const { innerLoop: loop } = row;
    return [
      stemOf(row),
      `${row.spec} ${printedName(row.pass)}${andMore(uses.length)}`,
      row.workgroups,
      row.groupSize,
      percent(row.lanesUsed),
      row.registers,
      row.spilled,
      bytes(row.scratchBytes),
      bytes(row.workgroupBytes),
      row.subgroupsPerSimd,
      loop === null ? 'none' : `${loop.multiplyAdds} multiply-adds of ${loop.instructions}`,
    ];
  });
  return tableText(cells, KERNEL_HEAD);
}

function plansText(rows: readonly SpecRow[]): string {
  const specs = [...new Set(rows.map(({ spec }) => spec))];
  const cells = specs.map((name) => {
    const own = rows.filter(({ spec }) => spec === name);
    return [
      name,
      ...REPORTED.map((pass) => {
        const row = own.find((each) => each.pass === pass);
        return row === undefined ? '' : `${row.dispatches}, ${milliseconds(row.modelledMs)} ms`;
      }),
    ];
  });
  return tableText(cells, ['flow', ...REPORTED.map((pass) => `${printedName(pass)}, modelled`)]);
}

export function brokenText(broken: readonly BrokenRule[]): string {
  const lines = Object.entries(RULES).flatMap(([rule, words]) => {
    const own = broken.filter((each) => each.rule === rule);
    const found = own.map(({ what, places }) => `  ${what} (${places[0] ?? ''}${andMore(places.length)})`);
    return own.length === 0 ? [] : [`${words}: ${own.length} broken`, ...found];
  });
  return [...lines, `Broken rules: ${broken.length}.`].join('\n');
}

export function comparisonText({ changes, same, onlyBefore, onlyAfter }: IsaComparison): string {
  const kinds: [title: string, isOne: (change: PlanChange) => boolean][] = [
    ['faster', (change) => timeRatio(change) < 1],
    ['slower', (change) => timeRatio(change) > 1],
    ['other kernels', (change) => timeRatio(change) === 1],
  ];
  const tables = kinds.flatMap(([title, isOne]) => {
    const rows = changes.filter(isOne).map(changeCells);
    return rows.length === 0 ? [] : [tableText(rows, [title, ...CHANGE_HEAD])];
  });
  const counts = kinds.map(([title, isOne]) => `${changes.filter(isOne).length} ${title}`);
  const alone = onlyBefore.length + onlyAfter.length;
  const others = alone === 0 ? '' : `; ${onlyBefore.length} only before, ${onlyAfter.length} only after`;
  return [...tables, `Plans: ${counts.join(', ')}, ${same} the same${others}.`].join('\n');
}

const CHANGE_HEAD = ['dispatches', 'modelled ms', 'change', 'registers', 'spilled', 'scratch'];

function changeCells(change: PlanChange): string[] {
  const { plan, before, after } = change;
  const ratio = timeRatio(change);
  return [
    plan,
    fromTo(before.dispatches, after.dispatches),
    fromTo(milliseconds(before.modelledMs), milliseconds(after.modelledMs)),
    ratio < 1 ? `${(1 / ratio).toFixed(2)} × faster` : ratio > 1 ? `${ratio.toFixed(2)} × slower` : '',
    fromTo(before.registers, after.registers),
    fromTo(before.spilled, after.spilled),
    fromTo(bytes(before.scratchBytes), bytes(after.scratchBytes)),
  ];
}

function fromTo(before: string | number, after: string | number): string {
  return before === after ? String(after) : `${before} → ${after}`;
}

function andMore(count: number): string {
  return count > 1 ? ` and ${count - 1} more` : '';
}

function bytes(count: number): string {
  return count === 0 ? '0' : `${(count / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} KiB`;
}
