/** The output of `wgflow bench`. */
import {
  amount,
  bestRate,
  boundOf,
  choiceText,
  duration,
  fullText,
  LAUNCH_HEAD,
  launchNote,
  launchRows,
  milliseconds,
  percent,
  precisionText,
  rate,
  spread,
} from '../measure/index.ts';
import { FULL_SHARE } from '../measure/batches.ts';
import type {
  BatchStep,
  BatchSweep,
  BenchComparison,
  BenchDocument,
  BenchEntry,
  Change,
} from '../measure/index.ts';
import { variantsText } from '../passes/purpose.ts';
import { adapterName } from './session.ts';
import { tableText } from './table.ts';

const RATE_HEAD = ['ms', 'spread', 'GFLOP/s', 'of FMA peak', 'GB/s', 'of copy peak', 'bound by'];

export function runTables(document: BenchDocument): string {
  const { adapter, clock, peak, entries, wgflow, fixedVariants, batches = [] } = document;
  const facts = tableText([
    ['Adapter', adapterName(adapter)],
    ['wgflow', wgflow],
    ['Clock', clock],
    ['Precision', precisionText(document)],
    ['Fixed table', variantsText(fixedVariants)],
    ['FMA peak', `${rate(peak.fma.rate)} GFLOP/s: ${peak.fma.layout}`],
    ['Copy peak', `${rate(peak.copy.rate)} GB/s, read and written: ${peak.copy.layout}`],
    ['Empty dispatch', launchText(peak)],
  ]);
  const sections = (['plan', 'kernel'] as const).flatMap((kind) => {
    const rows = sorted(entries.filter((entry) => entry.kind === kind)).map((entry) => [
      entry.name,
      entry.shape,
      ...(kind === 'plan' ? planCells(entry, document) : []),
      ...rateCells(entry),
    ]);
    const head = kind === 'plan' ? ['plan', 'flow', ...PLAN_HEAD] : ['kernel', 'taken from'];
    return rows.length === 0 ? [] : [tableText(rows, [...head, ...RATE_HEAD])];
  });
  const notes = entries.some(({ chunks }) => chunks > 1) ? [CHUNKS_NOTE] : [];
  return [facts, ...sections, ...notes, ...launchSections(document), ...batchSections(batches)].join('\n');
}

/** The dispatches of a training step of each flow, and what bounds each. */
function launchSections(document: BenchDocument): string[] {
  const rows = stepsOfFlows(document).flatMap((entry) =>
    launchRows(entry, document).map((cells, index) => [index === 0 ? entry.shape : '', ...cells]),
  );
  if (rows.length === 0) return [];
  return [tableText(rows, ['training step', ...LAUNCH_HEAD]), launchNote(document)];
}

/** A training step of each flow: of several batches, the first. */
export function stepsOfFlows({ entries }: BenchDocument): BenchEntry[] {
  const flows = new Map<string, BenchEntry>();
  for (const entry of entries) {
    const flow = entry.shape.replace(/, [\d,]+ rows$/, '');
    if (entry.name === 'train_step' && entry.launches !== undefined && !flows.has(flow))
      flows.set(flow, entry);
  }
  return [...flows.values()];
}

/** The rate of every batch, then where the adapter is full. */
function batchSections(sweeps: readonly BatchSweep[]): string[] {
  if (sweeps.length === 0) return [];
  const rows = sweeps.flatMap((sweep) => sweep.steps.map((step) => [sweep.flow, ...batchCells(step, sweep)]));
  return [tableText(rows, ['flow', ...BATCH_HEAD]), ...sweeps.map(fullText), FULL_NOTE];
}

export const BATCH_HEAD = ['batch', 'ms a step', 'rows a second', 'of the best'];

export function batchCells({ batch, ms, rowsPerSecond }: BatchStep, { steps }: BatchSweep): string[] {
  return [
    batch.toLocaleString('en'),
    milliseconds(ms),
    amount(rowsPerSecond),
    percent(rowsPerSecond / bestRate(steps)),
  ];
}

export const FULL_NOTE = `An adapter is full from the smallest batch on that has ${percent(FULL_SHARE)} of the best rate.`;

/** The time of an empty dispatch, in words. */
export function launchText({ launch }: BenchDocument['peak']): string {
  return launch === undefined
    ? 'not measured by this version of wgflow'
    : `${duration(launch.medianMs)}, in a pass of many that wait for each other`;
}

const PLAN_HEAD = ['kernels', 'chunks', 'ns a row'];

export const CHUNKS_NOTE =
  'Rows in more than one chunk are timed like a call of the library: by the wall clock, with the transfer to the ' +
  'device and back.';

/** The cells that only plans have: the choice of kernels, the number of chunks, the time per row. */
export function planCells(entry: BenchEntry, { fixedVariants }: BenchDocument): string[] {
  const { variants, chunks, rows, time } = entry;
  return [
    choiceText(variants, fixedVariants),
    chunks.toLocaleString('en'),
    milliseconds((1e6 * time.medianMs) / rows),
  ];
}

/** Plans in the order in which they ran, kernels by name. */
export function sorted(entries: readonly BenchEntry[]): BenchEntry[] {
  return entries.toSorted((a, b) =>
    a.kind === 'kernel' && b.kind === 'kernel' ? a.name.localeCompare(b.name, 'en') : 0,
  );
}

function rateCells(entry: BenchEntry): string[] {
  const { time, gflops, gbPerSecond, share } = entry;
  const bound = boundOf(entry);
  return [
    milliseconds(time.medianMs),
    spread(entry),
    rate(gflops),
    percent(share.fma),
    rate(gbPerSecond),
    percent(share.copy),
    `${bound.by}, ${percent(bound.share)}`,
  ];
}

export function comparisonTables({ changes, onlyBefore, onlyAfter }: BenchComparison): string {
  const verdicts = ['faster', 'slower'] as const;
  const tables = verdicts.flatMap((verdict) => {
    const rows = changes
      .filter((change) => change.verdict === verdict)
      .sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))
      .map(changeCells);
    return rows.length === 0 ? [] : [tableText(rows, [verdict, 'shape', 'ms before', 'ms after', 'change'])];
  });
  const count = (verdict: Change['verdict']): number =>
    changes.filter((change) => change.verdict === verdict).length;
  const summary =
    `${count('faster')} faster, ${count('slower')} slower, ${count('same')} the same within the noise` +
    (onlyBefore.length + onlyAfter.length > 0
      ? `; ${onlyBefore.length} only in the first run, ${onlyAfter.length} only in the second`
      : '');
  return [...tables, `${summary}.`].join('\n');
}

function changeCells({ before, after, ratio, verdict }: Change): string[] {
  const factor = verdict === 'faster' ? 1 / ratio : ratio;
  return [
    after.name,
    after.shape,
    `${milliseconds(before.time.medianMs)} ${spread(before)}`,
    `${milliseconds(after.time.medianMs)} ${spread(after)}`,
    `${factor.toFixed(2)} × ${verdict}`,
  ];
}
