/** All columns together: how likely the rows are next to the samples, and how far they are from each other. */
import * as Plot from '@observablehq/plot';
import { svg } from '../svgChart.ts';
import { numbersChart } from './columnFigures.ts';
import { shortNumber } from './column.ts';
import { frame, PANEL } from './chartFrame.ts';
import type { Coverage } from './coverage.ts';
import type { Findings } from './findings.ts';
import { cards, figure, section } from './html.ts';
import { capital, percent, short } from './words.ts';

export function togetherSection({ coverage, energy, logProb, rows }: Findings): string {
  return section(
    'All columns together',
    '',
    cards([
      coverage === undefined ? '' : coverageFigure(coverage, rows),
      coverage === undefined ? '' : densitiesFigure(logProb, rows),
      energy === undefined ? '' : energyFigure(energy, rows),
    ]),
  );
}

function coverageFigure(coverage: Coverage, rows: string): string {
  const { curve, distance, bound, in90 } = coverage;
  const words =
    `The region that holds 90 % of the samples, the most likely ones, holds ${percent(in90)} of the ${rows}. ` +
    `Below the diagonal the model is too sure, above it not sure enough. Largest difference ${short(distance)}; the grey band of chance is ${short(bound)} wide on each side.`;
  const chart = svg({
    ...PANEL,
    label: `Line chart: the share of the ${rows} in each region of the model, against the share of the samples. ${words}`,
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    marks: [
      ...frame(
        { name: 'share of the samples', domain: [0, 1] },
        { name: `share of the ${rows}`, domain: [0, 1] },
      ),
      Plot.areaY(curve, {
        x: 'content',
        y1: ({ content }: { content: number }) => Math.max(0, content - bound),
        y2: ({ content }: { content: number }) => Math.min(1, content + bound),
        fill: 'var(--ink)',
        fillOpacity: 0.12,
      }),
      Plot.line(curve, { x: 'content', y: 'rows', stroke: 'var(--data)', strokeWidth: 2 }),
    ],
  });
  return figure('Coverage', words, chart);
}

/** log p of the rows and of the samples, as a column of numbers. */
function densitiesFigure({ rows: found, samples }: Findings['logProb'], rows: string): string {
  const finite = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(values).filter(Number.isFinite);
  const column = {
    name: 'log p',
    kind: 'number',
    data: finite(found),
    samples: finite(samples),
    isWhole: false,
    atoms: [],
    format: shortNumber,
  } as const;
  const label = `Bar chart of log p: shares of the ${rows} and of the samples.`;
  const { chart, outside } = numbersChart(column, label, PANEL.height);
  return figure('log p', `Bars: ${rows}; line: samples; in nats.${outside}`, chart);
}

function energyFigure({ distance, reference, bound }: NonNullable<Findings['energy']>, rows: string): string {
  const bars = [
    { name: 'to the samples', value: distance, fill: 'var(--model)' },
    { name: 'between halves', value: reference, fill: 'var(--data)' },
  ];
  const words =
    `Between ${rows} and samples ${short(distance)}, between two halves of the ${rows} ${short(reference)}; 0 is equal, 1 is apart. ` +
    `The dashed line is the bound of wgflow check, ${short(bound)}.`;
  const chart = svg({
    ...PANEL,
    height: 160,
    marginLeft: 104,
    label: `Bar chart of energy distances. ${capital(words)}`,
    x: { domain: [0, 1.1 * Math.max(distance, reference, bound)] },
    y: { type: 'band', domain: bars.map(({ name }) => name), padding: 0.35, label: null },
    marks: [
      Plot.gridX({ stroke: 'var(--grid)', strokeOpacity: 1, ticks: 4 }),
      Plot.axisX({
        ticks: 4,
        tickSize: 0,
        tickPadding: 6,
        label: 'energy distance',
        labelArrow: 'none',
        labelAnchor: 'center',
      }),
      Plot.axisY({ tickSize: 0, tickPadding: 6, label: null }),
      Plot.barX(bars, { x: 'value', y: 'name', fill: 'fill', fillOpacity: 0.7 }),
      Plot.ruleX([bound], { stroke: 'var(--ink)', strokeDasharray: '5 4', strokeWidth: 1.25 }),
    ],
  });
  return figure('Energy distance', words, chart);
}
