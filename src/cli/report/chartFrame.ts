/**
 * What the charts of the report share: their size, axes and numbers. Colours are CSS variables of the page, so one drawing
 * serves light, dark and print; every chart carries its text alternative.
 */
import * as Plot from '@observablehq/plot';

export type Domain = [low: number, high: number];

export const PANEL = {
  width: 360,
  height: 348,
  marginLeft: 44,
  marginRight: 12,
  marginTop: 10,
  marginBottom: 42,
};

interface Axis {
  name: string;
  domain: Domain;
}

/** Grid and axes, the same in every chart. */
export function frame(
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
