/**
 * The charts of the report as SVG text. Colours are CSS variables of the page, so one drawing serves light,
 * dark and print; every chart carries its text alternative.
 */
import { Buffer } from 'node:buffer';
import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';
import type { Rows } from '../calls/callerArrays.ts';
import { cutAbove, extremes, lossDomain, runningMedian } from './lossCurve.ts';
import type { LossCurve } from './lossCurve.ts';
import { quantile, sortedFinite } from './quantiles.ts';
import { svg } from './svgChart.ts';

export type Domain = [low: number, high: number];

/** The two axes that scatters and density share, in data units. */
export interface Axes {
  columns: [string, string];
  x: Domain;
  y: Domain;
}

/** Log-density in nats on a grid, row-major, row 0 at the bottom. */
export interface DensityGrid {
  xDomain: Domain;
  yDomain: Domain;
  width: number;
  height: number;
  logDensity: Float32Array;
}

/** The part of a point cloud that a scatter shows. */
export interface ShownPoints {
  points: [number, number][];
  /** Counts of finite points outside the axes, and of points that are not finite, out of all `total`. */
  outside: number;
  notFinite: number;
  total: number;
}

const PANEL = { width: 360, height: 348, marginLeft: 44, marginRight: 12, marginTop: 10, marginBottom: 42 };
const MAX_POINTS = 3000;
/** Densities below e⁻⁸ (0.03 %) of the peak look the same. */
const DENSITY_RANGE_NATS = 8;
const LATENT_DOMAIN: Domain = [-4, 4];

/** Axes around the bulk of `[n, 2]` data, so that outliers do not squeeze it. */
export function axesAround(data: Rows, columns: [string, string]): Axes {
  const domain = (offset: 0 | 1): Domain => {
    const values = sortedFinite(data.filter((_: number, index: number) => index % 2 === offset));
    const [min = 0, max = 0] = [values[0], values.at(-1)];
    const [low, high] = [quantile(values, 0.005), quantile(values, 0.995)];
    const reach = 0.25 * (high - low);
    const [from, to] = [Math.max(min, low - reach), Math.min(max, high + reach)];
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

/** Heat-map of the log-density with its legend below; undefined if no cell is finite. */
export function densityChart(
  density: DensityGrid,
  columns: [string, string],
  label: string,
): string | undefined {
  const finite = sortedFinite(density.logDensity);
  if (finite.length === 0) return undefined;
  // The peak of an untrained or overfitted flow can be a single cell, far above everything else.
  const high = quantile(finite, 0.998);
  const range: Domain = [high - DENSITY_RANGE_NATS, high];
  const [width, height] = [
    PANEL.width - PANEL.marginLeft - PANEL.marginRight,
    PANEL.height - PANEL.marginTop - PANEL.marginBottom,
  ];
  const map = svg({
    ...PANEL,
    label,
    x: { domain: density.xDomain },
    y: { domain: density.yDomain },
    marks: [
      Plot.image([[middle(density.xDomain), middle(density.yDomain)]], {
        x: (at: [number, number]) => at[0],
        y: (at: [number, number]) => at[1],
        src: () => heatMap(density, range),
        width,
        height,
        preserveAspectRatio: 'none',
      }),
      ...frame(
        { name: columns[0], domain: density.xDomain },
        { name: columns[1], domain: density.yDomain },
        { grid: false },
      ),
    ],
  });
  return map + densityLegend(range);
}

/**
 * The training curve: every step faintly (or the extremes of many), the running median over it, and the exact
 * entropy if it is known. `aboveAxis` counts the steps that are above the chart or not finite.
 */
export function lossChart(
  losses: LossCurve,
  entropy: number | undefined,
  size: { width: number; height: number },
  label: string,
): { chart: string; aboveAxis: number } {
  const nll = Array.from(losses.nll);
  const domain = lossDomain(nll, entropy);
  const drawn = (curve: [number, number][]) => cutAbove(curve, domain[1]);
  const last = losses.step[losses.step.length - 1] ?? 1;
  const steps: Domain = [losses.step[0] ?? 0, last];
  const marks: Plot.Markish[] = [
    ...frame({ name: 'step', domain: steps }, { name: 'NLL, nats', domain }),
    Plot.line(drawn(extremes(losses, Math.round(size.width / 2))), {
      stroke: 'var(--model)',
      strokeWidth: 0.75,
      strokeOpacity: 0.45,
    }),
    Plot.line(drawn(runningMedian(losses, 160)), { stroke: 'var(--model)', strokeWidth: 2 }),
  ];
  if (entropy !== undefined) {
    marks.push(
      Plot.ruleY([entropy], { stroke: 'var(--ink)', strokeDasharray: '5 4', strokeWidth: 1.25 }),
      Plot.text([[last, entropy]], {
        text: () => `exact entropy ${entropy.toFixed(3)}`.replace('-', '−'),
        textAnchor: 'end',
        dy: 13,
        fill: 'var(--ink)',
        stroke: 'var(--card)',
        strokeWidth: 4,
        fontWeight: 600,
      }),
    );
  }
  const chart = svg({
    ...PANEL,
    // Room for ticks such as 10.65 next to the axis' name.
    marginLeft: 54,
    ...size,
    label,
    x: { domain: steps },
    y: { domain },
    marks,
  });
  return { chart, aboveAxis: nll.filter((value) => !(value <= domain[1])).length };
}

/** PNG as a data: URI; its first line is the top of the map. */
function heatMap({ width, height, logDensity }: DensityGrid, [low, high]: Domain): string {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = logDensity[(height - 1 - row) * width + column] ?? NaN;
      data.set(densityColor((value - low) / (high - low)), (row * width + column) * 3);
    }
  }
  return pngUri(data, width, height);
}

function densityLegend([low, high]: Domain): string {
  const colors = Uint8Array.from(
    { length: 256 * 3 },
    (_, i) => densityColor(Math.floor(i / 3) / 255)[i % 3] ?? 0,
  );
  return svg({
    width: PANEL.width,
    height: 54,
    marginLeft: PANEL.marginLeft,
    marginRight: PANEL.marginRight,
    marginTop: 8,
    marginBottom: 36,
    label: `Colour scale: log-density from ${low.toFixed(1)} nats or less, dark, to ${high.toFixed(1)} nats or more, bright.`,
    x: { domain: [low, high] },
    y: { domain: [0, 1], axis: null },
    marks: [
      Plot.image([[(low + high) / 2, 0.5]], {
        src: () => pngUri(colors, 256, 1),
        width: PANEL.width - PANEL.marginLeft - PANEL.marginRight,
        height: 10,
        preserveAspectRatio: 'none',
      }),
      Plot.axisX({
        tickSize: 0,
        ticks: 5,
        label: 'log p(x), nats',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
    ],
  });
}

/** Viridis, whose lightness increases evenly. Values below the range and NaN get the darkest colour. */
function densityColor(share: number): [number, number, number] {
  const index = Number.isNaN(share) ? 0 : Math.round(255 * Math.min(Math.max(share, 0), 1));
  return VIRIDIS[index] ?? [0, 0, 0];
}

const VIRIDIS = ((): [number, number, number][] => {
  const scale = Plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, 255] } });
  return Array.from({ length: 256 }, (_, index) => rgb(String(scale?.apply(index))));
})();

function rgb(color: string): [number, number, number] {
  const hex = /^#(..)(..)(..)$/
    .exec(color)
    ?.slice(1)
    .map((part) => Number.parseInt(part, 16));
  const [red = 0, green = 0, blue = 0] = hex ?? (color.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}

function pngUri(data: Uint8Array, width: number, height: number): string {
  const png = encode({ width, height, data, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

interface Axis {
  name: string;
  domain: Domain;
}

/** Grid and axes, the same in every chart. */
function frame(
  x: Axis,
  y: Axis,
  { ticks = 5, grid = true }: { ticks?: number | number[]; grid?: boolean } = {},
): Plot.Markish[] {
  const lines = { stroke: 'var(--grid)', strokeOpacity: 1, ticks };
  const axis = ({ name, domain }: Axis) => {
    const base = axisBase(domain);
    const short = name.length > 40 ? `${name.slice(0, 39)}…` : name;
    return {
      ticks,
      tickSize: 0,
      tickPadding: 6,
      tickFormat: base === 0 ? tickFormat(domain) : (value: number) => signed(value - base),
      label: base === 0 ? short : `${short} − ${base.toLocaleString('en-US')}`,
      labelArrow: 'none',
      labelAnchor: 'center',
    } as const;
  };
  return [...(grid ? [Plot.gridX(lines), Plot.gridY(lines)] : []), Plot.axisX(axis(x)), Plot.axisY(axis(y))];
}

/**
 * A round number to subtract from an axis, if its ticks differ only in digits that do not fit, else 0:
 * 5,400,000 for northings from 5,399,998 to 5,400,001.
 */
export function axisBase([low, high]: Domain): number {
  const range = high - low;
  const centre = (low + high) / 2;
  if (!(range > 0) || Math.abs(centre) < 1000 * range) return 0;
  const unit = 10 ** Math.ceil(Math.log10(range));
  return Math.round(centre / unit) * unit;
}

/** A tick without rounding noise from the subtraction; large ones as 200M, so that they fit next to each other. */
function signed(value: number): string {
  const rounded = Number(value.toPrecision(6));
  const isLarge = Math.abs(rounded) >= 1e4;
  const text = isLarge ? rounded.toLocaleString('en-US', { notation: 'compact' }) : String(rounded);
  return text.replace('-', '−');
}

/** Large numbers as 20k and small ones as 2e-3, so that they fit next to the chart. */
function tickFormat([low, high]: Domain): string | undefined {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  if (largest >= 1e15 || largest < 0.05) return '~e';
  return largest >= 1e4 ? '~s' : undefined;
}

function dots(points: [number, number][], color: string): Plot.Markish {
  return Plot.dot(points, { r: 1.5, fill: color, fillOpacity: 0.5 });
}

function middle([low, high]: Domain): number {
  return (low + high) / 2;
}
