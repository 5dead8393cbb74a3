/** Columns that others determine, and columns that are nearly the same. */
import type { LinearColumn } from './fixed.ts';
import type { TableColumn } from './columns.ts';

/** A column whose rest after the best linear combination of others has less than this share of its variance is determined. */
const DETERMINED = 1e-7;
/** The same, if the rest is no larger than rounding makes it. */
const ROUNDED = 1e-4;
/** A correlation above which two columns say nearly the same. */
const NEARLY_SAME = 0.999;
/** Weights that move a column by less than this share of its spread are rounding. */
const NEGLIGIBLE = 1e-4;

export interface Dependence {
  /** Columns to replace, by name. */
  determined: Map<string, LinearColumn>;
  warnings: string[];
}

/**
 * Looks for dependences among the columns of numbers that have neither blanks nor repeating values.
 * @param sample rows of plain text, one per column
 */
export function dependenceOf(
  columns: readonly TableColumn[],
  names: readonly string[],
  sample: readonly (readonly string[])[],
): Dependence {
  const numeric = columns.filter((column) =>
    column.type === 'number'
      ? column.atoms === undefined && column.form === 'decimal'
      : column.type === 'count' && column.blanks === 0,
  );
  const determined = new Map<string, LinearColumn>();
  const warnings: string[] = [];
  if (sample.length < 2 * numeric.length + 2) return { determined, warnings };
  const free: Standard[] = [];
  for (const column of numeric) {
    const place = names.indexOf(column.name);
    const own = standardized(
      column.name,
      sample.map((row) => row[place] ?? ''),
    );
    const rest = own.values.slice();
    // Gram and Schmidt, twice, for accuracy.
    const shares = free.map(() => 0);
    for (let pass = 0; pass < 2; pass++) {
      free.forEach(({ direction }, i) => {
        const share = dot(rest, direction);
        shares[i] = (shares[i] ?? 0) + share;
        direction.forEach((value, row) => (rest[row] = (rest[row] ?? 0) - share * value));
      });
    }
    const left = dot(rest, rest) / dot(own.values, own.values);
    const combination = left < ROUNDED ? linearColumn(own, free, shares) : undefined;
    if (
      combination &&
      (left < DETERMINED || Math.sqrt(left) * own.std <= roundingOf(combination, [own, ...free]))
    ) {
      determined.set(column.name, combination);
      continue;
    }
    const twin = free.find(({ values }) => Math.abs(dot(values, own.values)) > NEARLY_SAME * sample.length);
    if (twin !== undefined) {
      warnings.push(
        `${column.name} is nearly the same as ${twin.name} (correlation above ${NEARLY_SAME}). The density is steep across their line; leave one of them out.`,
      );
    } else if (combination !== undefined) {
      warnings.push(
        `${column.name} depends on ${combination.of.slice(0, 5).join(', ')}: they all but determine it. The density is steep there; leave it out.`,
      );
    }
    const length = Math.sqrt(dot(rest, rest));
    free.push({ ...own, direction: rest.map((value) => value / length), shares, length });
  }
  return { determined, warnings };
}

interface Column {
  name: string;
  mean: number;
  std: number;
  /** The decimal places of its texts, at most 15. */
  decimals: number;
  /** (x − mean) / std */
  values: Float64Array;
}

/** A column that others do not determine. */
interface Standard extends Column {
  /** What earlier columns leave of it, of length 1. */
  direction: Float64Array;
  /** Its shares of the earlier directions, and the length of what they leave. */
  shares: readonly number[];
  length: number;
}

function standardized(name: string, texts: readonly string[]): Column {
  const values = texts.map(Number);
  const decimals = Math.min(15, Math.max(...texts.map((text) => /\.(\d+)$/.exec(text)?.[1]?.length ?? 0)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  return { name, mean, std, decimals, values: Float64Array.from(values, (value) => (value - mean) / std) };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** The column as a combination of the free ones: back-substitution through their directions. */
function linearColumn(own: Column, free: readonly Standard[], shares: readonly number[]): LinearColumn {
  const left = [...shares];
  const weights = free.map(() => 0);
  for (let i = free.length - 1; i >= 0; i--) {
    const column = free[i];
    if (column === undefined) continue;
    const weight = (left[i] ?? 0) / column.length;
    weights[i] = weight;
    column.shares.forEach((share, j) => (left[j] = (left[j] ?? 0) - weight * share));
  }
  const used = free.flatMap((column, i) => {
    const weight = weights[i] ?? 0;
    return Math.abs(weight) < NEGLIGIBLE
      ? []
      : [{ name: column.name, mean: column.mean, weight: (weight * own.std) / column.std }];
  });
  const constant = used.reduce((sum, { mean, weight }) => sum - weight * mean, own.mean);
  return {
    type: 'linear',
    name: own.name,
    of: used.map(({ name }) => name),
    weights: used.map(({ weight }) => neat(weight)),
    constant: neat(constant),
    decimals: own.decimals,
  };
}

/** An upper bound for the standard deviation of what rounding leaves: that of independent errors, and half more. */
function roundingOf({ name, of, weights }: LinearColumn, columns: readonly Column[]): number {
  const stepOf = (wanted: string): number =>
    10 ** -(columns.find((column) => column.name === wanted)?.decimals ?? 0);
  const squares = of.reduce((sum, one, i) => sum + ((weights[i] ?? 0) * stepOf(one)) ** 2, stepOf(name) ** 2);
  return 1.5 * Math.sqrt(squares / 12);
}

/** The nearest number of five digits, if the difference is rounding. */
function neat(value: number): number {
  const short = Number(value.toPrecision(3));
  return Math.abs(short - value) <= NEGLIGIBLE * Math.max(Math.abs(value), NEGLIGIBLE) ? short : value;
}
