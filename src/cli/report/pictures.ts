/** Pictures of two columns: data, samples, density and latent points. */
import { ShapeError } from '../../errors.ts';
import type { Rows } from '../../calls/callerArrays.ts';
import type { Domain } from './chartFrame.ts';
import { densityChart } from './densityChart.ts';
import type { DensityGrid } from './densityChart.ts';
import { cards, figure, section } from './html.ts';
import { axesAround, latentChart, pointsWithin, scatterChart, sharesWithinRings } from './scatterChart.ts';
import type { Axes, ShownPoints } from './scatterChart.ts';
import { count, wholePercent } from './words.ts';

export interface Pictures {
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
  density?: DensityGrid;
}

/**
 * @param more further cards, as HTML
 * @throws {ShapeError} if pairs or density do not have their declared sizes
 */
export function picturesSection(input: Pictures, more: readonly string[] = []): string {
  checkSizes(input);
  const { columns, columnCount, dim, data, samples, density } = input;
  const axes: Axes =
    dim === 2 && density ? { columns, x: density.xDomain, y: density.yDomain } : axesAround(data, columns);
  const lead =
    dim > 2
      ? `The model has ${columnCount} columns; the scatters show two of them, ${columns.join(' and ')}. ` +
        'A density map is drawn only for models of two columns.'
      : '';
  return section(
    'Pictures',
    lead,
    cards([
      pointsFigure('Data', 'What the model was trained on.', data, axes, 'var(--data)'),
      pointsFigure(
        'Samples',
        'Drawn from the trained model, on the same axes.',
        samples,
        axes,
        'var(--model)',
      ),
      densityFigure(input),
      latentFigure(input),
      ...more,
    ]),
  );
}

function checkSizes({ data, samples, latent, density }: Pictures): void {
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
}

function pointsFigure(title: string, what: string, values: Rows, axes: Axes, color: string): string {
  const shown = pointsWithin(values, axes.x, axes.y);
  const label = `Scatter plot, ${title.toLowerCase()}: ${cloudInWords(shown, axes.columns, axes.x, axes.y)}`;
  return figure(title, `${what} ${notShown(shown)}`, scatterChart(shown.points, axes, color, label));
}

function densityFigure({ density, dim, columns }: Pictures): string {
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

function latentFigure({ latent, dim }: Pictures): string {
  const shown = pointsWithin(latent, [-4, 4], [-4, 4]);
  const shares = sharesWithinRings(latent).map(wholePercent).join(', ');
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
