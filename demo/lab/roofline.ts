/** The roofline chart: GFLOP/s over FLOPs per byte, both logarithmic, below the adapter's measured peaks. */
import {
  boundOf,
  entryTitle,
  intensityOf,
  milliseconds,
  percent,
  planName,
  rate,
  ridgeOf,
  roofAt,
} from '../../src/measure/index.ts';
import type { BenchDocument, BenchEntry, Peak } from '../../src/measure/index.ts';
import { byId, make, svg } from '../page/dom.ts';
import { hrefOf } from './results.ts';

const MARGIN = { left: 56, right: 16, top: 16, bottom: 42 };
/** Rates below this share of the peak are drawn at the bottom. */
const DEEPEST = 3e-5;
/** Charts narrower than this are for phones: names would cover everything, so they are omitted. Pixels. */
const NARROW = 480;

export function drawRoofline(run: BenchDocument): void {
  const frame = byId('roofline', HTMLDivElement);
  const width = Math.max(300, Math.round(frame.clientWidth));
  const height = Math.round(Math.max(300, Math.min(520, 0.55 * width)));
  const label = `Roofline chart of ${run.entries.length} results; the table below has the same numbers.`;
  // The chart is hidden from the keyboard and screen readers: the table has the same numbers and links.
  const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, [
    ...marksOf(run, width, height),
  ]);
  frame.replaceChildren(make('p', { className: 'visually-hidden' }, label), chart);
}

type Range = readonly [low: number, high: number];

/** Maps a range of values to a range of pixels, logarithmically. */
function logScale([low, high]: Range, [from, to]: Range): (value: number) => number {
  return (value) => from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
}

function marksOf(run: BenchDocument, width: number, height: number): SVGElement[] {
  const peak = { gflops: run.peak.fma.rate, gbPerSecond: run.peak.copy.rate };
  const shown = run.entries.filter(({ flops }) => flops > 0);
  const [xs, ys] = rangesOf(shown, peak);
  const x = logScale(xs, [MARGIN.left, width - MARGIN.right]);
  const y = logScale(ys, [height - MARGIN.bottom, MARGIN.top]);
  const place = (entry: BenchEntry): { cx: number; cy: number } => ({
    cx: x(intensityOf(entry)),
    cy: y(Math.max(DEEPEST * peak.gflops, entry.gflops)),
  });
  const dot = (entry: BenchEntry): SVGElement =>
    svg('a', { href: hrefOf(run.entries.indexOf(entry)), tabindex: -1 }, [
      svg('circle', { ...place(entry), r: entry.kind === 'plan' ? 5 : 3.5, class: `dot ${entry.kind}` }, [
        svg('title', {}, [inWords(entry)]),
      ]),
    ]);
  const ofKind = (kind: BenchEntry['kind']): BenchEntry[] => shown.filter((entry) => entry.kind === kind);
  return [
    ...gridOf(xs, ys, x, y, width, height),
    ...roofOf(xs, peak, x, y),
    ...ofKind('kernel').map(dot),
    ...ofKind('plan').map(dot),
    ...(width < NARROW ? [] : namesOf(ofKind('plan'), run.entries, place, width)),
  ];
}

function rangesOf(entries: readonly BenchEntry[], peak: Peak): [Range, Range] {
  const ridge = ridgeOf(peak);
  const intensities = entries.map(intensityOf);
  const rates = entries.map(({ gflops }) => Math.max(DEEPEST * peak.gflops, gflops));
  return [
    [Math.min(0.04, ridge / 10, ...intensities) / 1.5, Math.max(100, 10 * ridge, ...intensities) * 1.5],
    [Math.min(peak.gflops / 300, ...rates) / 1.6, peak.gflops * 2.2],
  ];
}

function gridOf(
  xs: Range,
  ys: Range,
  x: (value: number) => number,
  y: (value: number) => number,
  width: number,
  height: number,
): SVGElement[] {
  const bottom = height - MARGIN.bottom;
  const middle = (MARGIN.top + bottom) / 2;
  const across = (MARGIN.left + width - MARGIN.right) / 2;
  return [
    ...powersOfTen(xs).flatMap((value) => [
      svg('line', { x1: x(value), x2: x(value), y1: MARGIN.top, y2: bottom, class: 'grid' }),
      text(plainNumber(value), { x: x(value), y: bottom + 16, 'text-anchor': 'middle' }),
    ]),
    ...powersOfTen(ys).flatMap((value) => [
      svg('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value), class: 'grid' }),
      text(plainNumber(value), { x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' }),
    ]),
    text('FLOPs per byte that must move', { x: across, y: height - 6, 'text-anchor': 'middle' }),
    text('GFLOP/s', { x: 12, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 12 ${middle})` }),
  ];
}

function roofOf(
  xs: Range,
  peak: Peak,
  x: (value: number) => number,
  y: (value: number) => number,
): SVGElement[] {
  const [low, high] = xs;
  const ridge = ridgeOf(peak);
  const points = [low, ridge, high].map((value) => `${x(value)},${y(roofAt(value, peak))}`);
  // Two thirds up the slope, the label has room on its left.
  const onSlope = low * (ridge / low) ** 0.66;
  return [
    svg('polyline', { points: points.join(' '), class: 'roof' }),
    text(`FMA peak ${rate(peak.gflops)} GFLOP/s`, {
      x: x(high),
      y: y(peak.gflops) - 9,
      'text-anchor': 'end',
      class: 'name',
    }),
    text(`copy peak ${rate(peak.gbPerSecond)} GB/s`, {
      x: x(onSlope) - 8,
      y: y(roofAt(onSlope, peak)) - 8,
      'text-anchor': 'end',
      class: 'name',
    }),
  ];
}

/** Names next to the plans; if several nearly coincide, only the first. */
function namesOf(
  plans: readonly BenchEntry[],
  entries: readonly BenchEntry[],
  place: (entry: BenchEntry) => { cx: number; cy: number },
  width: number,
): SVGElement[] {
  const named: { cx: number; cy: number }[] = [];
  return plans.flatMap((entry) => {
    const { cx, cy } = place(entry);
    if (named.some((other) => Math.abs(other.cx - cx) < 100 && Math.abs(other.cy - cy) < 14)) return [];
    named.push({ cx, cy });
    const isRight = cx > width - 160;
    return [
      text(planName(entry, entries), {
        x: isRight ? cx - 9 : cx + 9,
        y: cy + 4,
        'text-anchor': isRight ? 'end' : 'start',
        class: 'name',
      }),
    ];
  });
}

function text(words: string, attributes: Record<string, string | number>): SVGElement {
  return svg('text', attributes, [words]);
}

function powersOfTen([low, high]: Range): number[] {
  const first = Math.ceil(Math.log10(low));
  const count = Math.floor(Math.log10(high)) - first + 1;
  return Array.from({ length: count }, (_, index) => 10 ** (first + index));
}

function plainNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 2 });
}

function inWords(entry: BenchEntry): string {
  const { by, share } = boundOf(entry);
  return (
    `${entryTitle(entry)}: ${milliseconds(entry.time.medianMs)} ms, ${rate(entry.gflops)} GFLOP/s, ` +
    `${rate(entry.gbPerSecond)} GB/s, ${percent(share)} of what ${by} allows`
  );
}
