/** The report of a training run: one self-contained HTML page. */
import type { Rows } from '../calls/callerArrays.ts';
import { ShapeError } from '../errors.ts';
import { escapeHtml } from './escapeHtml.ts';
import { htmlPage } from './htmlPage.ts';
import { finalMedian } from './lossCurve.ts';
import {
  axesAround,
  densityChart,
  latentChart,
  lossChart,
  pointsWithin,
  scatterChart,
  sharesWithinRings,
} from './reportCharts.ts';
import type { Axes, Domain, ShownPoints } from './reportCharts.ts';

export interface ReportInput {
  /** Heading of the page; any text, also a file name. */
  title: string;
  /** Names of the two columns that the scatters show. */
  columns: [string, string];
  /** Columns that the model learns. */
  columnCount: number;
  /** Features D of the model; above 2 the scatters show two of them and there is no density map. */
  dim: number;
  /** `[n, 2]` pairs in the data's units. */
  data: Rows;
  /** `[n, 2]` pairs in the data's units, drawn from the model. */
  samples: Rows;
  /** `[n, 2]` pairs of z = f(x). */
  latent: Rows;
  /** Log-density in nats on a grid of cells, row-major, row 0 at the bottom. */
  density?: {
    xDomain: [number, number];
    yDomain: [number, number];
    width: number;
    height: number;
    logDensity: Float32Array;
  };
  /** Training NLL in nats by step. */
  losses: { step: Float64Array | number[]; nll: Float32Array | number[] };
  /** Exact entropy of the data's distribution in nats, the lowest NLL that any model can reach. */
  entropy?: number;
  /** NLL on data that training never saw, in nats. */
  testNll?: number;
  /** The best validation score, in nats. */
  validationNll?: number;
  /** The remaining facts: model, adapter, steps, times, seed. */
  facts: [label: string, value: string][];
}

/**
 * One self-contained HTML page: no script, no request, light or dark like the reader's system, printable. It
 * shows data, samples, density, latent points, the training curve and the facts; equal input gives equal
 * text. Scatters show 3000 points at most.
 *
 * @throws {ShapeError} if pairs, density or losses do not have their declared sizes
 */
export function renderReport(input: ReportInput): string {
  checkSizes(input);
  const axes: Axes =
    input.dim === 2 && input.density
      ? { columns: input.columns, x: input.density.xDomain, y: input.density.yDomain }
      : axesAround(input.data, input.columns);
  const figures = [
    pointsFigure('Data', 'What the model was trained on.', input.data, axes, 'var(--data)'),
    pointsFigure(
      'Samples',
      'Drawn from the trained model, on the same axes.',
      input.samples,
      axes,
      'var(--model)',
    ),
    densityFigure(input),
    latentFigure(input),
    lossFigure(input),
  ];
  return htmlPage(
    input.title,
    `<header>
<h1>${escapeHtml(input.title)}</h1>
${headline(input)}
</header>
<div class="figures">
${figures.filter((figure) => figure !== '').join('\n')}
${factsSection(input)}
</div>`,
  );
}

/** The gap between test NLL and entropy in words. */
export function gapInWords(testNll: number, entropy: number): string {
  const gap = testNll - entropy;
  const size = `${nats(Math.abs(gap))} nats`;
  if (!Number.isFinite(gap))
    return 'The test NLL is not finite: the model gives some test points no density.';
  if (gap < 0) {
    return (
      `The test NLL is ${size} below the exact entropy, the average that no model can beat: ` +
      'the test set is finite, so this much is chance.'
    );
  }
  return (
    `The test NLL is ${size} above the exact entropy, the lowest that any model can reach. ` +
    `The gap is the Kullback–Leibler divergence from the data to the model: ` +
    `on (geometric) average the model gives a point ${percent(Math.exp(-gap))} of its true density.`
  );
}

function checkSizes({ data, samples, latent, density, losses }: ReportInput): void {
  for (const [name, pairs] of Object.entries({ data, samples, latent })) {
    if (pairs.length % 2 !== 0)
      throw new ShapeError(`report ${name}`, `${pairs.length} values`, 'pairs [n, 2]');
  }
  if (density && density.logDensity.length !== density.width * density.height) {
    throw new ShapeError(
      'report density',
      `${density.logDensity.length} values`,
      `${density.width} × ${density.height}`,
    );
  }
  if (losses.step.length !== losses.nll.length) {
    throw new ShapeError(
      'report losses',
      `${losses.nll.length} losses`,
      `${losses.step.length}, one per step`,
    );
  }
}

function headline({
  testNll,
  validationNll,
  entropy,
  losses,
  dim,
  columns,
  columnCount,
}: ReportInput): string {
  const tiles: [label: string, value: string][] = [];
  const training = finalMedian(losses);
  if (testNll !== undefined) tiles.push(['Test NLL', nats(testNll)]);
  else if (training !== undefined) tiles.push(['Training NLL, last steps', nats(training)]);
  if (validationNll !== undefined) tiles.push(['Validation NLL, best', nats(validationNll)]);
  if (entropy !== undefined) tiles.push(['Exact entropy', nats(entropy)]);
  if (testNll !== undefined && entropy !== undefined) tiles.push(['Gap', nats(testNll - entropy)]);
  const tileList = tiles.map(
    ([label, value]) => `<div><dt>${label}</dt><dd>${value} <span class="unit">nats</span></dd></div>`,
  );
  const words = testNll !== undefined && entropy !== undefined ? [gapInWords(testNll, entropy)] : [];
  if (dim > 2) {
    words.push(
      `The model has ${columnCount} columns; the scatters show two of them, ${columns.join(' and ')}. ` +
        'A density map is drawn only for models of two columns.',
    );
  }
  const text = words.map((sentence) => `<p class="lead">${escapeHtml(sentence)}</p>`);
  return [tiles.length > 0 ? `<dl class="tiles">${tileList.join('')}</dl>` : '', ...text].join('\n');
}

function pointsFigure(title: string, what: string, values: Rows, axes: Axes, color: string): string {
  const shown = pointsWithin(values, axes.x, axes.y);
  const label = `Scatter plot, ${title.toLowerCase()}: ${cloudInWords(shown, axes.columns, axes.x, axes.y)}`;
  return figure(title, `${what} ${notShown(shown)}`, scatterChart(shown.points, axes, color, label));
}

function densityFigure({ density, dim, columns }: ReportInput): string {
  if (!density || dim !== 2) return '';
  const label =
    `Heat-map of the model's log-density over ${columns.join(' and ')}: bright where the model expects data, ` +
    'dark where it expects none.';
  const chart = densityChart(density, columns, label);
  return figure(
    'Density',
    chart
      ? 'Where the model expects data: each step of one nat is a factor of 2.7.'
      : 'The density is nowhere finite.',
    chart ?? '',
  );
}

function latentFigure({ latent, dim }: ReportInput): string {
  const shown = pointsWithin(latent, [-4, 4], [-4, 4]);
  const shares = sharesWithinRings(latent).map(percent).join(', ');
  const measured =
    latent.length > 0
      ? `Within 1σ, 2σ, 3σ: ${shares} of the points; of a standard normal 39 %, 86 %, 99 %.`
      : '';
  const what = `The data as the model maps it to the normal${dim > 2 ? ', first two coordinates' : ''}.`;
  return figure(
    'Latent',
    `${what} ${measured} ${notShown(shown)}`,
    latentChart(
      shown.points,
      `Scatter plot, latent points z = f(x) over circles at one, two and three standard deviations. ${measured}`,
    ),
  );
}

function lossFigure({ losses, entropy }: ReportInput): string {
  const final = finalMedian(losses);
  const steps = losses.step.length;
  if (steps === 0 || final === undefined) {
    return figure('Training', 'No loss was finite.', '', 'wide');
  }
  const label =
    `Line chart of the training NLL over ${count(steps)} steps, ending near ${nats(final)} nats` +
    (entropy === undefined ? '.' : `; a dashed line marks the exact entropy at ${nats(entropy)} nats.`);
  // Two drawings; the style sheet shows the one that fits. A scaled drawing would be illegible on a phone.
  const wide = lossChart(losses, entropy, { width: 744, height: 392 }, label);
  const narrow = lossChart(losses, entropy, { width: 360, height: 300 }, label);
  const above =
    wide.aboveAxis > 0 ? ` Above the chart: ${count(wide.aboveAxis)} of ${count(steps)} steps.` : '';
  return figure(
    'Training',
    `NLL of each batch, and the running median as the strong line.${above}`,
    `<div class="if-wide">${wide.chart}</div><div class="if-narrow">${narrow.chart}</div>`,
    'wide',
  );
}

function factsSection({ facts, density, dim }: ReportInput): string {
  if (facts.length === 0) return '';
  const rows = facts.map(
    ([label, value]) => `<tr><th scope="row">${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  // Without the density, the facts fit next to the training curve.
  const kind = density && dim === 2 ? 'facts full' : 'facts';
  return `<section class="${kind}"><h2>Run</h2><table><tbody>${rows.join('')}</tbody></table></section>`;
}

function figure(title: string, caption: string, chart: string, kind = ''): string {
  return (
    `<figure${kind && ` class="${kind}"`}><h2>${escapeHtml(title)}</h2>${chart}` +
    `<figcaption>${escapeHtml(caption.trim())}</figcaption></figure>`
  );
}

function cloudInWords(
  { points, total }: ShownPoints,
  columns: [string, string],
  x: Domain,
  y: Domain,
): string {
  const range = (name: string, domain: Domain): string => {
    const [low, high] = domain.map((end) => toRange(end, domain));
    return `${name} from ${low} to ${high}`;
  };
  return `${count(points.length)} of ${count(total)} points with ${range(columns[0], x)} and ${range(columns[1], y)}.`;
}

/** An end of a range with three digits, or with enough digits to separate it from the other end. */
function toRange(end: number, [low, high]: Domain): number {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const more = high > low ? Math.floor(Math.log10(largest / (high - low))) : 0;
  return Number(end.toPrecision(Math.min(3 + Math.max(0, more), 17)));
}

function notShown({ outside, notFinite, total }: ShownPoints): string {
  const parts = [
    ...(outside > 0 ? [`Outside these axes: ${count(outside)} of ${count(total)} points.`] : []),
    ...(notFinite > 0 ? [`Not finite: ${count(notFinite)} of ${count(total)} points.`] : []),
  ];
  return parts.join(' ');
}

function nats(value: number): string {
  return value.toFixed(3).replace('-', '−');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
