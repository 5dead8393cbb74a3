/** The charts of a run as Observable Plot options; the command line draws text, a page elements. */
import * as Plot from '@observablehq/plot';
import { bestRate, FULL_SHARE } from './batches.ts';
import type { BatchSweep } from './batches.ts';
import { entryTitle } from './document.ts';
import type { BenchDocument, BenchEntry } from './document.ts';
import { amount, milliseconds, percent, planName, rate } from './format.ts';
import { boundOf, intensityOf, ridgeOf, roofAt } from './roofline.ts';
import type { Peak } from './roofline.ts';

/** A chart and its text alternative. */
export type Chart = Plot.PlotOptions & { label: string };

const COLORS = { kernel: 'var(--data)', plan: 'var(--model)' } as const;
const GRID = { stroke: 'var(--grid)', strokeOpacity: 1 };
/** Rates below this share of the peak are drawn at the bottom. */
const DEEPEST = 3e-5;
/** Below this width in pixels, a chart is drawn for a phone. */
const NARROW = 400;

interface Point {
  entry: BenchEntry;
  intensity: number;
  gflops: number;
}

/** GFLOP/s over FLOPs per byte, both logarithmic, under the roof of the adapter's peak. */
export function rooflineChart(
  document: BenchDocument,
  size: { width: number; height: number },
  label: string,
): Chart {
  const peak = peakOf(document);
  const floor = DEEPEST * peak.gflops;
  const points = document.entries
    .filter(({ flops }) => flops > 0)
    .map((entry): Point => ({
      entry,
      intensity: intensityOf(entry),
      gflops: Math.max(floor, entry.gflops),
    }));
  const ridge = ridgeOf(peak);
  const intensities = points.map(({ intensity }) => intensity);
  const x: [number, number] = [
    Math.min(0.04, ridge / 10, ...intensities) / 1.5,
    Math.max(100, 10 * ridge, ...intensities) * 1.5,
  ];
  const y: [number, number] = [
    Math.min(peak.gflops / 300, ...points.map(({ gflops }) => gflops)) / 1.6,
    peak.gflops * 2.2,
  ];
  const roof = [x[0], ridge, x[1]].map((intensity) => [intensity, roofAt(intensity, peak)] as const);
  // Two thirds up the slope there is room to its left.
  const onSlope = x[0] * (ridge / x[0]) ** 0.66;
  const plans = points.filter(({ entry }) => entry.kind === 'plan');
  const kernels = points.filter(({ entry }) => entry.kind === 'kernel');
  const dots = (of: Point[], r: number, kind: BenchEntry['kind']): Plot.Markish =>
    Plot.dot(of, {
      x: 'intensity',
      y: 'gflops',
      r,
      fill: COLORS[kind],
      fillOpacity: kind === 'kernel' ? 0.55 : 1,
      stroke: 'var(--card)',
      strokeWidth: kind === 'kernel' ? 0 : 1.5,
      title: (point: Point) => inWords(point.entry),
    });
  return {
    ...size,
    marginLeft: 58,
    marginRight: 20,
    marginTop: 16,
    marginBottom: 46,
    label,
    x: { type: 'log', domain: x },
    y: { type: 'log', domain: y },
    marks: [
      Plot.gridX(powersOfTen(x), GRID),
      Plot.gridY(powersOfTen(y), GRID),
      Plot.axisX(powersOfTen(x), {
        ...AXIS,
        label: 'FLOPs per byte that must move',
        tickFormat: plainNumber,
      }),
      Plot.axisY(powersOfTen(y), { ...AXIS, label: 'GFLOP/s', tickFormat: plainNumber }),
      Plot.line(roof, { stroke: 'var(--ink)', strokeWidth: 1.75, strokeLinejoin: 'round' }),
      roofText([x[1], peak.gflops], `FMA peak ${rate(peak.gflops)} GFLOP/s`, { textAnchor: 'end', dy: -9 }),
      roofText([onSlope, roofAt(onSlope, peak)], `copy peak ${rate(peak.gbPerSecond)} GB/s`, {
        textAnchor: 'end',
        dx: -8,
        dy: -8,
      }),
      dots(kernels, 3, 'kernel'),
      dots(plans, 5, 'plan'),
      // On a narrow chart they would cover everything; the bars next to it have the same names.
      ...(size.width < NARROW ? [] : planTexts(plans, document.entries, x, size.width)),
    ],
  };
}

/** The cases of every kernel as dots between zero and its roof. */
export function kernelChart({ entries }: BenchDocument, width: number, label: string): Chart {
  const kernels = entries.filter(({ kind }) => kind === 'kernel');
  const best = new Map<string, number>();
  for (const entry of kernels) {
    best.set(entry.name, Math.max(best.get(entry.name) ?? 0, boundOf(entry).share));
  }
  const names = [...best].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const shares = kernels.map((entry) => ({ entry, name: entry.name, ...boundOf(entry) }));
  const high = Math.max(1, ...shares.map(({ share }) => share));
  type Share = (typeof shares)[number];
  return {
    width,
    height: 22 * names.length + 60,
    marginLeft: 172,
    marginRight: 20,
    marginTop: 8,
    marginBottom: 44,
    label,
    x: { domain: [0, high] },
    y: { domain: names, type: 'point', padding: 0.6 },
    marks: [
      Plot.gridX({ ...GRID, ticks: width < NARROW ? 3 : 5 }),
      Plot.axisX({
        ...AXIS,
        ticks: width < NARROW ? 3 : 5,
        label: 'share of the roof',
        tickFormat: (share: number) => percent(share),
      }),
      Plot.axisY({ ...AXIS, label: null }),
      Plot.ruleX([1], { stroke: 'var(--ink)', strokeWidth: 1.25 }),
      Plot.ruleY(
        names.map((name) => ({ name, best: best.get(name) ?? 0 })),
        { y: 'name', x1: 0, x2: 'best', stroke: 'var(--line)', strokeWidth: 3 },
      ),
      Plot.dot(shares, {
        x: 'share',
        y: 'name',
        r: 4,
        fill: (share: Share) => (share.by === 'arithmetic' ? 'var(--model)' : 'var(--data)'),
        fillOpacity: 0.75,
        title: (share: Share) => inWords(share.entry),
      }),
    ],
  };
}

/** Plans by the share of the FMA peak that their useful arithmetic reaches. */
export function planChart({ entries }: BenchDocument, width: number, label: string): Chart {
  const plans = entries
    .filter(({ kind }) => kind === 'plan')
    .map((entry) => ({
      entry,
      name: planName(entry, entries),
      share: entry.share.fma,
    }));
  // Room for the text behind the longest bar.
  const high = Math.max(0.6, ...plans.map(({ share }) => share)) * (1 + 120 / (width - 148));
  type Bar = (typeof plans)[number];
  return {
    width,
    height: 28 * plans.length + 56,
    marginLeft: 128,
    marginRight: 20,
    marginTop: 8,
    marginBottom: 44,
    label,
    x: { domain: [0, high] },
    y: { domain: plans.map(({ name }) => name), type: 'band', padding: 0.32 },
    marks: [
      Plot.gridX({ ...GRID, ticks: width < NARROW ? 3 : 5 }),
      Plot.axisX({
        ...AXIS,
        ticks: width < NARROW ? 3 : 5,
        label: 'useful arithmetic, share of the FMA peak',
        tickFormat: (share: number) => percent(share),
      }),
      Plot.axisY({ ...AXIS, label: null }),
      Plot.barX(plans, {
        x: 'share',
        y: 'name',
        fill: 'var(--model)',
        rx: 2,
        title: (bar: Bar) => inWords(bar.entry),
      }),
      Plot.text(plans, {
        x: 'share',
        y: 'name',
        text: (bar: Bar) => `${percent(bar.share)}, ${milliseconds(bar.entry.time.medianMs)} ms`,
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--ink)',
      }),
    ],
  };
}

/** The rates of a flow's batches, as shares of its best one; a larger dot where the adapter is full. */
export function batchChart(sweeps: readonly BatchSweep[], width: number, label: string): Chart {
  const points = sweeps.flatMap(({ flow, steps, fullFrom }) =>
    steps.map(({ batch, rowsPerSecond }) => ({
      flow,
      batch,
      share: rowsPerSecond / bestRate(steps),
      isFull: batch === fullFrom,
      title: `${flow}, ${batch.toLocaleString('en')} rows: ${amount(rowsPerSecond)} rows a second`,
    })),
  );
  const batches = [...new Set(points.map(({ batch }) => batch))].sort((a, b) => a - b);
  const shown = batches.filter((_, index) => width >= NARROW || index % 2 === 0);
  const place = { x: 'batch', y: 'share' };
  return {
    width,
    height: 260,
    marginLeft: 58,
    marginRight: 34,
    marginTop: 16,
    marginBottom: 46,
    label,
    // With base 10, powers of two would have no text.
    x: { type: 'log', base: 2 },
    y: { domain: [0, 1] },
    marks: [
      Plot.gridY({ ...GRID, ticks: 5 }),
      Plot.axisX(shown, {
        ...AXIS,
        label: 'rows of a batch',
        tickFormat: (rows: number) => rows.toLocaleString('en'),
      }),
      Plot.axisY({
        ...AXIS,
        ticks: 5,
        label: 'rows a second, of the best',
        tickFormat: (share: number) => percent(share),
      }),
      Plot.ruleY([FULL_SHARE], { stroke: 'var(--ink)', strokeWidth: 1.25, strokeDasharray: '4 3' }),
      Plot.line(points, { ...place, z: 'flow', stroke: 'var(--model)', strokeWidth: 1.75 }),
      Plot.dot(points, {
        ...place,
        r: ({ isFull }: (typeof points)[number]) => (isFull ? 7 : 3.5),
        fill: 'var(--model)',
        title: 'title',
      }),
      Plot.text(
        sweeps.flatMap(({ flow }) => points.findLast((point) => point.flow === flow) ?? []),
        { ...place, text: 'flow', textAnchor: 'start', dx: 9, fill: 'var(--ink)' },
      ),
    ],
  };
}

const AXIS = { tickSize: 0, tickPadding: 6, labelArrow: 'none', labelAnchor: 'center' } as const;

export function peakOf({ peak }: BenchDocument): Peak {
  return { gflops: peak.fma.rate, gbPerSecond: peak.copy.rate };
}

function roofText(
  at: readonly [number, number],
  text: string,
  place: { textAnchor: 'start' | 'end'; dx?: number; dy: number },
): Plot.Markish {
  return Plot.text([at], {
    ...place,
    text: () => text,
    fill: 'var(--ink)',
    stroke: 'var(--card)',
    strokeWidth: 4,
    fontWeight: 600,
  });
}

/** Plan names, on the side with room. If names nearly coincide, only the first is shown. */
function planTexts(
  plans: readonly Point[],
  entries: readonly BenchEntry[],
  [low, high]: [number, number],
  width: number,
): Plot.Markish[] {
  const across = (intensity: number): number => (width * Math.log(intensity / low)) / Math.log(high / low);
  const named: Point[] = [];
  for (const point of plans) {
    const isFree = named.every(
      (other) =>
        Math.abs(across(point.intensity) - across(other.intensity)) > NAME_WIDTH ||
        Math.abs(Math.log(point.gflops / other.gflops)) > 0.45,
    );
    if (isFree) named.push(point);
  }
  const text = (points: Point[], side: { textAnchor: 'start' | 'end'; dx: number }): Plot.Markish =>
    Plot.text(points, {
      ...side,
      x: 'intensity',
      y: 'gflops',
      text: ({ entry }: Point) => planName(entry, entries),
      fill: 'var(--ink)',
      stroke: 'var(--card)',
      strokeWidth: 4,
    });
  const isRight = ({ intensity }: Point): boolean => across(intensity) > width - 1.6 * NAME_WIDTH;
  return [
    text(
      named.filter((point) => !isRight(point)),
      { textAnchor: 'start', dx: 9 },
    ),
    text(named.filter(isRight), { textAnchor: 'end', dx: -9 }),
  ];
}

/** Width of a plan's name in pixels. */
const NAME_WIDTH = 90;

function powersOfTen([low, high]: [number, number]): number[] {
  const first = Math.ceil(Math.log10(low));
  const count = Math.floor(Math.log10(high)) - first + 1;
  return Array.from({ length: count }, (_, index) => 10 ** (first + index));
}

function inWords(entry: BenchEntry): string {
  const { by, share } = boundOf(entry);
  return (
    `${entryTitle(entry)}: ${milliseconds(entry.time.medianMs)} ms, ${rate(entry.gflops)} GFLOP/s, ` +
    `${rate(entry.gbPerSecond)} GB/s, ${percent(share)} of what ${by} allows`
  );
}

function plainNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 2 });
}
