/** What a prediction says, in the texts of the column. */
import type { Part } from '../table/codec.ts';
import { formOf } from '../table/forms.ts';
import type { Prediction } from './predict.ts';

/** The distribution of one cell. */
export interface PredictedCell {
  /** Of the values that are numbers: numbers, or texts of a date, time or per cent. Absent for labels. */
  mean?: number | string;
  /** One for each share that was asked for. */
  quantiles?: (number | string)[];
  /** Of each label, or value with a share of its own; of a blank by ''. Other numbers have the rest. */
  probabilities: Record<string, number>;
}

/** @param quantiles how many were asked for */
export function predictedCells(
  { column, codec }: Part,
  { probabilities, parts, numbers }: Prediction,
  quantiles: number,
): PredictedCell[] {
  const { discrete } = codec.values;
  const texts = discrete.map(
    ({ text, number }) => text ?? (number === undefined ? undefined : String(number)),
  );
  const isLabel = column.type === 'category';
  const form = column.type === 'number' ? formOf(column.form) : undefined;
  const written = (value: number, spread: number): number | string => {
    if (form?.kind !== undefined) return form.format(value);
    const number = rounded(value, spread);
    return column.type === 'number' && column.form === 'percent' ? formOf('percent').format(number) : number;
  };
  return Array.from({ length: probabilities.length / parts }, (_, row) => {
    const shares = new Map<string, number>();
    let total = 0;
    for (let part = 0; part < parts; part++) {
      const text = texts[part];
      // A label that training did not see has no name.
      if (text === undefined && part < discrete.length) continue;
      const share = probabilities[row * parts + part] ?? NaN;
      total += share;
      if (text !== undefined) shares.set(text, (shares.get(text) ?? 0) + share);
    }
    const cell: PredictedCell = {
      probabilities: Object.fromEntries([...shares].map(([text, share]) => [text, share / total])),
    };
    if (isLabel || numbers === undefined) return cell;
    const own = [...numbers.quantiles.subarray(row * quantiles, (row + 1) * quantiles)];
    const spread = Math.max(...own) - Math.min(...own);
    const mean = numbers.mean[row] ?? NaN;
    return { ...cell, mean: written(mean, spread), quantiles: own.map((value) => written(value, spread)) };
  });
}

/** The names of the columns that hold a prediction, and the values of a cell in them. */
export function predictedColumns(
  { column: { name, type }, codec }: Part,
  quantiles: readonly number[],
): { columns: string[]; values: (cell: PredictedCell) => (number | string)[] } {
  const texts = codec.values.discrete.flatMap(({ text }) => text ?? []);
  const own = type === 'category' ? texts : texts.filter((text) => text === '');
  const shares = ({ probabilities }: PredictedCell): number[] =>
    own.map((text) => Number((probabilities[text] ?? 0).toPrecision(6)));
  const shareNames = own.map((text) => `${name}_${text === '' ? '(blank)' : text}`);
  if (type === 'category') return { columns: shareNames, values: shares };
  return {
    columns: [`${name}_mean`, ...quantiles.map((level) => `${name}_${level}`), ...shareNames],
    values: (cell) => [cell.mean ?? NaN, ...(cell.quantiles ?? []), ...shares(cell)],
  };
}

/** These digits, and more if the spread is small next to the value. */
export function rounded(value: number, spread = 0, digits = 6): number {
  const more = spread > 0 && value !== 0 ? Math.floor(Math.log10(Math.abs(value) / spread)) : 0;
  return Number(value.toPrecision(Math.min(digits + Math.max(more, 0), 17)));
}

/** The most likely label or repeating value if it is likely, else the median and the range of most values. */
export function expectedText({ quantiles, probabilities }: PredictedCell): string {
  const [most] = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  if (most !== undefined && (quantiles === undefined || most[1] > 0.5)) {
    return `${most[0] === '' ? '(blank)' : most[0]} (${(100 * most[1]).toFixed(most[1] > 0.99 ? 1 : 0)} %)`;
  }
  const numbers = (quantiles ?? []).map(Number);
  const spread = Math.max(...numbers) - Math.min(...numbers);
  const [low, median, high] = (quantiles ?? []).map((value) =>
    typeof value === 'number' ? rounded(value, spread, 3) : value,
  );
  return `${median} (${low} to ${high})`;
}
