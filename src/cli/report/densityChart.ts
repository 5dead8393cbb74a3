/** The heat-map of a model's log-density. */
import { Buffer } from 'node:buffer';
import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';
import { quantile, sortedFinite } from '../quantiles.ts';
import { svg } from '../svgChart.ts';
import { frame, PANEL } from './chartFrame.ts';
import type { Domain } from './chartFrame.ts';

/** Log-density in nats on a grid, row-major, row 0 at the bottom. */
export interface DensityGrid {
  xDomain: Domain;
  yDomain: Domain;
  width: number;
  height: number;
  logDensity: Float32Array;
}

/** Densities below e⁻⁸ (0.03 %) of the peak look the same. */
const DENSITY_RANGE_NATS = 8;

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

function middle([low, high]: Domain): number {
  return (low + high) / 2;
}
