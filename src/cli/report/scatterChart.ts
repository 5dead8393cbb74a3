/** Scatters of data, samples and latent points. */
import * as Plot from '@observablehq/plot';
import type { Rows } from '../../calls/callerArrays.ts';
import { bulkOf, sortedFinite } from '../quantiles.ts';
import { svg } from '../svgChart.ts';
import { frame, PANEL } from './chartFrame.ts';
import type { Domain } from './chartFrame.ts';

/** The two axes that scatters and density share, in data units. */
export interface Axes {
  columns: [string, string];
  x: Domain;
  y: Domain;
}

/** The part of a point cloud that a scatter shows. */
export interface ShownPoints {
  points: [number, number][];
  /** Counts of finite points outside the axes, and of points that are not finite, out of all `total`. */
  outside: number;
  notFinite: number;
  total: number;
}

const MAX_POINTS = 3000;
const LATENT_DOMAIN: Domain = [-4, 4];

/** Axes around the bulk of `[n, 2]` data, so that outliers do not squeeze it. */
export function axesAround(data: Rows, columns: [string, string]): Axes {
  const domain = (offset: 0 | 1): Domain => {
    const values = sortedFinite(data.filter((_: number, index: number) => index % 2 === offset));
    const [from, to] = bulkOf(values);
    const margin = 0.05 * (to - from) || 1;
    return [from - margin, to + margin];
  };
  return { columns, x: domain(0), y: domain(1) };
}

/** At most 3000 points, evenly picked from `[n, 2]` values, and the counts of points that cannot be shown. */
export function pointsWithin(values: Rows, x: Domain, y: Domain): ShownPoints {
  const n = Math.floor(values.length / 2);
  const total = Math.min(n, MAX_POINTS);
  const shown: ShownPoints = { points: [], outside: 0, notFinite: 0, total };
  for (let i = 0; i < total; i++) {
    const row = Math.floor((i * n) / total);
    const [px, py] = [values[2 * row] ?? NaN, values[2 * row + 1] ?? NaN];
    if (!Number.isFinite(px) || !Number.isFinite(py)) shown.notFinite++;
    else if (px < x[0] || px > x[1] || py < y[0] || py > y[1]) shown.outside++;
    else shown.points.push([px, py]);
  }
  return shown;
}

/** Scatter of points in data units. */
export function scatterChart(points: [number, number][], axes: Axes, color: string, label: string): string {
  return svg({
    ...PANEL,
    label,
    x: { domain: axes.x },
    y: { domain: axes.y },
    marks: [
      ...frame({ name: axes.columns[0], domain: axes.x }, { name: axes.columns[1], domain: axes.y }),
      dots(points, color),
    ],
  });
}

/** Scatter of latent points over circles at one, two and three standard deviations of the normal. */
export function latentChart(points: [number, number][], label: string): string {
  const inner = PANEL.width - PANEL.marginLeft - PANEL.marginRight;
  const turn = Array.from({ length: 97 }, (_, i) => (i / 96) * 2 * Math.PI);
  const rings = [1, 2, 3].flatMap((sigma) =>
    turn.map((angle) => ({ sigma, x: sigma * Math.cos(angle), y: sigma * Math.sin(angle) })),
  );
  const named = [1, 2, 3].map((sigma) => ({ sigma, x: sigma * Math.SQRT1_2, y: sigma * Math.SQRT1_2 }));
  return svg({
    ...PANEL,
    // Equal units on both axes, so that circles are circles.
    height: inner + PANEL.marginTop + PANEL.marginBottom,
    label,
    x: { domain: LATENT_DOMAIN },
    y: { domain: LATENT_DOMAIN },
    marks: [
      ...frame(
        { name: 'z1', domain: LATENT_DOMAIN },
        { name: 'z2', domain: LATENT_DOMAIN },
        { ticks: [-3, -2, -1, 0, 1, 2, 3] },
      ),
      dots(points, 'var(--data)'),
      Plot.line(rings, { x: 'x', y: 'y', z: 'sigma', stroke: 'var(--ink)', strokeWidth: 1.25 }),
      Plot.text(named, {
        x: 'x',
        y: 'y',
        text: (ring: { sigma: number }) => `${ring.sigma}σ`,
        fill: 'var(--ink)',
        stroke: 'var(--card)',
        strokeWidth: 4,
        fontWeight: 600,
      }),
    ],
  });
}

/** Points within 1σ, 2σ and 3σ of the origin, as shares of all pairs in `latent` `[n, 2]`. */
export function sharesWithinRings(latent: Rows): [number, number, number] {
  const counts: [number, number, number] = [0, 0, 0];
  const n = Math.floor(latent.length / 2);
  for (let i = 0; i < n; i++) {
    const radius = Math.hypot(latent[2 * i] ?? NaN, latent[2 * i + 1] ?? NaN);
    if (radius <= 1) counts[0]++;
    if (radius <= 2) counts[1]++;
    if (radius <= 3) counts[2]++;
  }
  return [counts[0] / n, counts[1] / n, counts[2] / n];
}

function dots(points: [number, number][], color: string): Plot.Markish {
  return Plot.dot(points, { r: 1.5, fill: color, fillOpacity: 0.5 });
}
