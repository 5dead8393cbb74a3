/** Data that lie in (0, 1) or (0, ∞), and the fixed maps that take them to all numbers. */
import type { Rows } from '../calls/callerArrays.ts';
import { DataError } from '../errors.ts';

/** Borders of float32, here too, so that both executors treat a value alike. */
const MIN_VALUE = 2 ** -126;
const MAX_VALUE = (2 - 2 ** -23) * 2 ** 127;
const MAX_OF_UNIT = 1 - 2 ** -24;
const MIN_IMAGE = -126 * Math.LN2;
const MAX_IMAGE_OF_UNIT = 24 * Math.LN2;

/** The open interval of each, as messages say it. */
const INTERVALS: Readonly<Record<BoundedDomain, string>> = {
  unit: 'a number between 0 and 1, both excluded (domain unit)',
  positive: 'a number above 0 (domain positive)',
};

/**
 * The scale of a positive column, from its mean. The heavier its tail, the farther the mean lies above most of the values,
 * and the more of them are where the map is about log x, which takes the tail in; a median would leave it as it is.
 */
export function scaleOf(mean: number): number {
  // What float32 divides by on every driver.
  return Math.min(Math.max(Math.fround(mean), MIN_VALUE), 1 / MIN_VALUE);
}

/** z = f(x / scale) of a bounded feature, and log dz/dx; `unit` has no scale. */
export function fromDomain(
  domain: BoundedDomain,
  value: number,
  scale = 1,
): { image: number; logDerivative: number } {
  if (domain === 'unit') {
    const inside = Math.min(Math.max(value, MIN_VALUE), MAX_OF_UNIT);
    const [logX, logRest] = [Math.log(inside), Math.log1p(-inside)];
    return { image: logX - logRest, logDerivative: -logX - logRest };
  }
  const x = Math.min(Math.max(Math.max(value, MIN_VALUE) / scale, MIN_VALUE), MAX_VALUE);
  const shrunk = Math.log(-Math.expm1(-x));
  return { image: x + shrunk, logDerivative: -shrunk - Math.log(scale) };
}

/** x = scale · f⁻¹(z) of a bounded feature, and log dx/dz; `unit` has no scale. */
export function intoDomain(
  domain: BoundedDomain,
  image: number,
  scale = 1,
): { value: number; logDerivative: number } {
  const z = Math.max(image, MIN_IMAGE);
  if (domain === 'unit') {
    const inside = Math.min(z, MAX_IMAGE_OF_UNIT);
    const value = Math.min(Math.max(1 / (1 + Math.exp(-inside)), MIN_VALUE), MAX_OF_UNIT);
    return { value, logDerivative: -Math.abs(inside) - 2 * Math.log1p(Math.exp(-Math.abs(inside))) };
  }
  const bend = Math.log1p(Math.exp(-Math.abs(z)));
  const softplus = Math.max(Math.max(z, 0) + bend, MIN_VALUE);
  return {
    value: Math.min(Math.max(scale * softplus, MIN_VALUE), MAX_VALUE),
    logDerivative: Math.min(z, 0) - bend + Math.log(scale),
  };
}

export interface RowsPlace {
  file?: string;
  /** Number of the first row. Default 1. */
  firstRow?: number;
  columns?: readonly string[];
}

/**
 * Checks rows [B, D] before a flow of these domains maps them.
 * @throws {DataError} naming row, column and value of the first one outside
 */
export function requireInside(
  rows: Rows,
  domains: readonly Domain[] | undefined,
  { file, firstRow = 1, columns }: RowsPlace = {},
): void {
  if (domains === undefined) return;
  const dim = domains.length;
  // As float32, which is what the flow maps.
  const outside = rows.findIndex(
    (value: number, index: number) => !isInside(Math.fround(value), domains[index % dim] ?? 'real'),
  );
  if (outside < 0) return;
  const feature = outside % dim;
  const domain = domains[feature] ?? 'real';
  throw new DataError(
    `found ${Math.fround(rows[outside] ?? NaN)}, expected ${domain === 'real' ? 'a number' : INTERVALS[domain]}`,
    {
      ...(file === undefined ? {} : { file }),
      row: firstRow + Math.floor(outside / dim),
      column: columns?.[feature] ?? `x${feature + 1}`,
    },
    'Remove or mend the row, or choose another domain.',
  );
}

/** Whether a value of that domain can be mapped. */
export function isInside(value: number, domain: Domain): boolean {
  if (domain === 'real') return true;
  return value > 0 && (domain === 'positive' || value < 1);
}

/** Where the values of a feature lie: anywhere, in (0, ∞), or in (0, 1). */
export const DOMAINS = ['real', 'positive', 'unit'] as const;

export type Domain = (typeof DOMAINS)[number];

export type BoundedDomain = Exclude<Domain, 'real'>;
