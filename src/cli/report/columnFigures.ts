/** Each column: the data against the samples. */
import * as Plot from '@observablehq/plot';
import { svg } from '../svgChart.ts';
import { labelBars, numberBars } from './bars.ts';
import type { Bar } from './bars.ts';
import type { NumberColumn } from './column.ts';
import { FALSE_ALARM } from './columnDifference.ts';
import type { JudgedColumn } from './findings.ts';
import { cards, figure, key, section, shortened, table } from './html.ts';
import { columnFinding, isDifferent, LARGE_DISTANCE } from './verdict.ts';
import { pitChart } from './pitChart.ts';
import { capital, percent, short } from './words.ts';

/** Columns that have a picture; the others are in a table. */
const PICTURED = 12;

const SIZE = { width: 360, height: 190, marginLeft: 44, marginRight: 12, marginTop: 10, marginBottom: 26 };
const ROW_HEIGHT = 24;
/** Letters of a label next to its bar. */
const LABEL_LETTERS = 14;

/** @param columns the most different first */
export function columnsSection(columns: readonly JudgedColumn[], rows: string): string {
  const pictures = columns.slice(0, PICTURED).map((one) => columnFigure(one, rows));
  const rest = columns.slice(PICTURED);
  const lead =
    `The most different first. KS is the largest difference between the shares of the ${rows} and of the samples up to some value, ` +
    `TV the share of the samples that would have to change their label. Chance exceeds a bound in one of ${Math.round(1 / FALSE_ALARM)} reports.`;
  return section('Columns', lead, key(rows) + cards(pictures) + (rest.length === 0 ? '' : restTable(rest)));
}

function columnFigure(judged: JudgedColumn, rows: string): string {
  const { column, measure, distance, bound } = judged;
  const isOff = isDifferent(judged);
  const tone = !isOff ? 'good' : distance > LARGE_DISTANCE ? 'bad' : 'note';
  const words = isOff ? `${capital(columnFinding(judged))}.` : 'Within chance.';
  const label = `Bar chart of ${column.name}: shares of the ${rows} and of the samples. ${words}`;
  const { chart, outside } =
    column.kind === 'label'
      ? { chart: labelChart(labelBars(column), label), outside: '' }
      : numbersChart(column, label);
  const pit = column.pit === undefined ? '' : pitChart(column.name, column.pit);
  const head = `<p class="measure ${tone}">${measure} ${short(distance)} <span>bound ${short(bound)}</span></p>`;
  return figure(column.name, `${words}${outside}`, chart + pit, '', head);
}

/** Bars of the data and a line of the samples, and the shares beyond the axis in words. */
export function numbersChart(
  column: NumberColumn,
  label: string,
  height = SIZE.height,
): { chart: string; outside: string } {
  const { bars, ticks, outside } = numberBars(column);
  const end = Math.max(...bars.map(({ to }) => to), 1);
  const chart = svg({
    ...SIZE,
    height,
    label,
    x: { domain: [0, end] },
    y: { domain: [0, highest(bars)] },
    marks: [
      ...shareAxis('y'),
      Plot.axisX(
        ticks.map(({ at }) => at),
        {
          tickSize: 0,
          tickPadding: 6,
          tickFormat: (_: number, i: number) => shortened(ticks[i]?.text ?? '', 16),
          label: null,
        },
      ),
      Plot.rect(bars, {
        x1: 'from',
        x2: 'to',
        y1: 0,
        y2: 'data',
        fill: 'var(--data)',
        fillOpacity: 0.4,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.line(outline(bars), { x: 'x', y: 'y', z: 'z', stroke: 'var(--model)', strokeWidth: 1.75 }),
    ],
  });
  const beyond =
    Math.max(outside.data, outside.samples) < 0.005
      ? ''
      : ` Beyond the axis: ${percent(outside.data)} of the data, ${percent(outside.samples)} of the samples.`;
  return { chart, outside: beyond };
}

/** The upper edge of the samples' bars; bars that touch share a line. */
function outline(bars: readonly Bar[]): { x: number; y: number; z: number }[] {
  let z = 0;
  return bars.flatMap(({ from, to, samples }, i) => {
    const isNext = i > 0 && bars[i - 1]?.to === from;
    if (!isNext) z++;
    return [
      ...(isNext ? [] : [{ x: from, y: 0, z }]),
      { x: from, y: samples, z },
      { x: to, y: samples, z },
      ...(bars[i + 1]?.from === to ? [] : [{ x: to, y: 0, z }]),
    ];
  });
}

function labelChart(bars: readonly Bar[], label: string): string {
  const places = bars.map((_, i) => i);
  return svg({
    ...SIZE,
    height: Math.max(SIZE.height, bars.length * ROW_HEIGHT + SIZE.marginTop + SIZE.marginBottom),
    marginLeft: 110,
    label,
    x: { domain: [0, highest(bars)] },
    y: { type: 'band', domain: places, padding: 0.25 },
    marks: [
      ...shareAxis('x'),
      Plot.axisY(places, {
        tickSize: 0,
        tickPadding: 6,
        tickFormat: (place: number) => shortened(bars[place]?.text ?? '', LABEL_LETTERS),
        label: null,
      }),
      Plot.barX(bars, { x: 'data', y: (_: Bar, i: number) => i, fill: 'var(--data)', fillOpacity: 0.4 }),
      Plot.tickX(bars, { x: 'samples', y: (_: Bar, i: number) => i, stroke: 'var(--model)', strokeWidth: 3 }),
    ],
  });
}

/** Grid and axis of shares in per cent. */
function shareAxis(side: 'x' | 'y'): Plot.Markish[] {
  const lines = { stroke: 'var(--grid)', strokeOpacity: 1, ticks: 4 };
  const axis = {
    ticks: 4,
    tickSize: 0,
    tickPadding: 6,
    label: null,
    tickFormat: (share: number) => `${Number((100 * share).toPrecision(3))} %`,
  } as const;
  return side === 'x' ? [Plot.gridX(lines), Plot.axisX(axis)] : [Plot.gridY(lines), Plot.axisY(axis)];
}

function highest(bars: readonly Bar[]): number {
  return 1.05 * Math.max(...bars.flatMap(({ data, samples }) => [data, samples]), 1e-3);
}

function restTable(columns: readonly JudgedColumn[]): string {
  return table(
    ['column', 'measure', 'distance', 'bound', ''],
    columns.map((one) => [
      { text: one.column.name },
      { text: one.measure },
      { text: short(one.distance), isNumber: true },
      { text: short(one.bound), isNumber: true },
      { text: isDifferent(one) ? columnFinding(one) : 'within chance' },
    ]),
    'long',
  );
}
