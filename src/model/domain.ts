/** Data in (0, 1) or (0, ∞), and the fixed maps from these to the real line. */
import type { Rows } from '../calls/callerArrays.ts';
import { DataError } from '../errors.ts';

/** Limits of float32, used here too, so that both executors treat values alike. */
const MIN_VALUE = 2 ** -126;
const MAX_VALUE = (2 - 2 ** -23) * 2 ** 127;
const MAX_OF_UNIT = 1 - 2 ** -24;
const MIN_IMAGE = -126 * Math.LN2;
const MAX_IMAGE_OF_UNIT = 24 * Math.LN2;

/** The open interval of each domain, for messages. */
const INTERVALS: Readonly<Record<BoundedDomain, string>> = {
  unit: 'a number between 0 and 1, both excluded (domain unit)',
  positive: 'a number above 0 (domain positive)',
};

/**
 * The scale of a positive column, from its mean. With a heavier tail, the mean lies farther above most
 * values. More values then fall where the map is about log x, which pulls the tail in; a median would not.
 */
export function scaleOf(mean: number): number {
  // A divisor that float32 handles on every driver.
  return Math.min(Math.max(Math.fround(mean), MIN_VALUE), 1 / MIN_VALUE);
}

/** z = f(x / scale) for a bounded feature, and log dz/dx; `unit` has no scale. */
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

/** x = scale · f⁻¹(z) for a bounded feature, and log dx/dz; `unit` has no scale. */
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
 * Checks rows [B, D] before a flow with these domains maps them.
 * @throws {DataError} naming row, column and value of the first one outside
 */
export function requireInside(
  rows: Rows,
  domains: readonly Domain[] | undefined,
  { file, firstRow = 1, columns }: RowsPlace = {},
): void {
  if (domains === undefined) return;
  const dim = domains.length;
  // Check the float32, which is what the flow maps.
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

/** Whether the domain contains the value, so that it can be mapped. */
export function isInside(value: number, domain: Domain): boolean {
  if (domain === 'real') return true;
  return value > 0 && (domain === 'positive' || value < 1);
}

/** The range of a feature's values: all numbers, (0, ∞), or (0, 1). */
export const DOMAINS = ['real', 'positive', 'unit'] as const;

/** The range of a feature: `real` is all numbers, `positive` (0, ∞), `unit` (0, 1). */
export type Domain = (typeof DOMAINS)[number];

export type BoundedDomain = Exclude<Domain, 'real'>;
