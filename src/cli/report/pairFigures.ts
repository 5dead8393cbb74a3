/** The pairs of columns whose dependence differs most between data and samples. */
import * as Plot from '@observablehq/plot';
import { bulkOf, sortedFinite } from '../quantiles.ts';
import { svg } from '../svgChart.ts';
import type { ReportColumn } from './column.ts';
import type { PairOfColumns } from './findings.ts';
import { MAX_PAIRED } from './pairDifference.ts';
import { cards, figure, section, shortened } from './html.ts';
import { isPairDifferent } from './verdict.ts';
import { count, percent, signed } from './words.ts';

/** Pairs that have pictures. */
const PICTURED = 3;
const SIZE = { width: 360, height: 230, marginLeft: 60, marginRight: 12, marginTop: 10, marginBottom: 42 };
const MAX_POINTS = 1000;
const MAX_LEVELS = 12;

/** @param pairs the most different first */
export function pairsSection(pairs: readonly PairOfColumns[], columns: number, rows: string): string {
  if (pairs.length === 0) return '';
  const different = pairs.filter(isPairDifferent).length;
  const some =
    columns > MAX_PAIRED ? ` Only the ${MAX_PAIRED} columns that differ most are compared, as pairs.` : '';
  const found = `${different === 0 ? 'None' : count(different)} of ${count(pairs.length)} ${pairs.length === 1 ? 'pair' : 'pairs'} of columns ${different > 1 ? 'depend' : 'depends'} on each other otherwise than in the data, beyond chance.`;
  const lead = `${found} The most different first, each in the ${rows} and in the samples.${some}`;
  const figures = pairs.slice(0, PICTURED).map((pair) => pairFigure(pair, rows));
  return section('Pairs of columns', lead, cards(figures));
}

function pairFigure({ pair, distance, bound, chance, strength }: PairOfColumns, rows: string): string {
  const [x, y] = pair;
  const title = `${x.name} and ${y.name}`;
  const axes = [axisOf(x), axisOf(y)] as const;
  const pictures = (['data', 'samples'] as const).map((side) => {
    const what = side === 'data' ? rows : 'samples';
    const shown = side === 'data' ? strength.data : strength.samples;
    const label = `Scatter plot of ${title} in the ${what}: ${strength.measure} ${signed(shown)}.`;
    const { chart, left } = pairChart(pair, axes, side, label);
    const gone = left < 0.005 ? '' : `; ${percent(left)} not shown`;
    return `<p class="measure">${what} <span>${strength.measure} ${signed(shown)}${gone}</span></p>${chart}`;
  });
  const words =
    `${percent(distance)} of the samples would have to move for the dependence of the data; chance explains up to ${percent(bound)}. ` +
    `Two halves of the data differ by ${percent(chance)}.`;
  return figure(title, words, pictures.join(''));
}

interface PairAxis {
  name: string;
  domain: [number, number];
  /** The place of a value on the axis; NaN if it has none. */
  place: (value: number) => number;
  /** How far points are spread so that equal values do not hide each other. */
  spread: number;
  ticks: { at: number; text: string }[] | undefined;
}

function axisOf(column: ReportColumn): PairAxis {
  if (column.kind === 'label') {
    const counts = column.levels.map((_, level) => column.data.filter((value) => value === level).length);
    const order = counts.map((_, level) => level).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
    const shown = order.slice(0, MAX_LEVELS);
    const places = new Map(shown.map((level, place) => [level, place]));
    return {
      name: column.name,
      domain: [-0.5, shown.length - 0.5],
      place: (value) => places.get(value) ?? NaN,
      spread: 0.7,
      ticks: shown.map((level, at) => ({
        at,
        text: column.levels[level] === '' ? 'blank' : (column.levels[level] ?? ''),
      })),
    };
  }
  const [low, high] = bulkOf(sortedFinite(column.data));
  const isShort = column.isWhole && high - low <= 60;
  const margin = 0.05 * (high - low) || 1;
  return {
    name: column.name,
    domain: [low - margin, high + margin],
    place: (value) => value,
    spread: isShort ? 0.7 : 0,
    ticks: undefined,
  };
}

function pairChart(
  [first, second]: readonly [ReportColumn, ReportColumn],
  [x, y]: readonly [PairAxis, PairAxis],
  side: 'data' | 'samples',
  label: string,
): { chart: string; left: number } {
  const [a, b] = [first[side], second[side]];
  const total = Math.min(a.length, MAX_POINTS);
  const points: [number, number][] = [];
  for (let i = 0; i < total; i++) {
    const row = Math.floor((i * a.length) / total);
    const point: [number, number] = [
      x.place(a[row] ?? NaN) + x.spread * turn(i, 0.618034),
      y.place(b[row] ?? NaN) + y.spread * turn(i, 0.414214),
    ];
    if (isInside(point[0], x.domain) && isInside(point[1], y.domain)) points.push(point);
  }
  const lines = { stroke: 'var(--grid)', strokeOpacity: 1, ticks: 5 };
  const shared = { tickSize: 0, tickPadding: 6, labelArrow: 'none', labelAnchor: 'center' } as const;
  const axis = (
    of: PairAxis,
    column: ReportColumn,
    letters: number,
  ): Plot.AxisXOptions & Plot.AxisYOptions => ({
    ...shared,
    label: shortened(of.name, 40),
    ...(of.ticks
      ? { tickFormat: (at: number) => shortened(of.ticks?.[at]?.text ?? '', letters) }
      : {
          ticks: 5,
          tickFormat: (value: number) =>
            column.kind === 'number' ? shortened(column.format(value), letters) : '',
        }),
  });
  const chart = svg({
    ...SIZE,
    label,
    x: { domain: x.domain },
    y: { domain: y.domain },
    marks: [
      Plot.gridX(lines),
      Plot.gridY(lines),
      Plot.axisX(
        x.ticks?.map(({ at }) => at) ?? undefined,
        axis(x, first, Math.max(4, Math.floor(40 / (x.ticks?.length ?? 5)))),
      ),
      Plot.axisY(y.ticks?.map(({ at }) => at) ?? undefined, axis(y, second, 8)),
      Plot.dot(points, { r: 1.5, fill: side === 'data' ? 'var(--data)' : 'var(--model)', fillOpacity: 0.5 }),
    ],
  });
  return { chart, left: total === 0 ? 0 : 1 - points.length / total };
}

/** Numbers in (−½, ½) that spread evenly. */
function turn(i: number, step: number): number {
  return ((i * step) % 1) - 0.5;
}

function isInside(value: number, [low, high]: [number, number]): boolean {
  return value >= low && value <= high;
}
