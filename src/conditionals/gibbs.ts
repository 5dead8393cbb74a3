/** Draws the unknown cells of rows, each given the others of its row, sweep by sweep. */
import type { Rows } from '../calls/callerArrays.ts';
import { philox, splitRow, splitSeed, STREAMS, uniformOf } from '../random.ts';
import type { Column } from './columns.ts';
import { numberFeature } from './columns.ts';
import { chosenRows } from './conditionals.ts';
import type { ColumnGiven, Conditionals, GivenCells } from './conditionals.ts';
import type { ExplainAsked } from './explain.ts';

/** Rows of cells that change in place. */
export interface CellRows extends GivenCells {
  widths: Float32Array;
  firstRow: number;
}

export interface GibbsAsked extends ExplainAsked {
  seed: number;
  /** Sweeps over the unknown cells of a row that has several; one is exact for a single cell. */
  sweeps: number;
  /** Called after each sweep. */
  onSweep?: (done: number) => void;
}

/** The rows' cells, so that draws do not change the caller's. */
export function cellRowsOf({ values, widths, context, firstRow = 0 }: GivenCells): CellRows {
  return {
    values: values.slice(),
    widths: widths?.slice() ?? new Float32Array(values.length),
    ...(context && { context }),
    firstRow,
  };
}

/**
 * Replaces the unknown cells by draws from their distribution given the known ones. A row with one unknown cell takes one
 * exact draw; others start from what `rows` has there.
 * @param unknown whether the cell is unknown, by column and row
 */
export async function drawUnknown(
  conditionals: Conditionals,
  rows: CellRows,
  unknown: readonly Uint8Array[],
  { sweeps, seed, onSweep, ...asked }: GibbsAsked,
): Promise<void> {
  const { columns, dim } = conditionals;
  const count = rows.values.length / dim;
  const unknowns = Uint32Array.from({ length: count }, (_, row) =>
    unknown.reduce((sum, column) => sum + (column[row] ?? 0), 0),
  );
  const key = splitSeed(seed);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [place, column] of columns.entries()) {
      const chosen = Array.from(unknown[place] ?? []).flatMap((isUnknown, row) =>
        isUnknown === 1 && (sweep === 0 || (unknowns[row] ?? 0) > 1) ? [row] : [],
      );
      if (chosen.length === 0) continue;
      asked.signal?.throwIfAborted();
      const uniforms = chosen.map((row) =>
        philox(
          [sweep * columns.length + place, ...splitRow(rows.firstRow + row), STREAMS.conditionals],
          key,
        ).map(uniformOf),
      );
      const given = await conditionals.given(column, chosenRows(rows, chosen, dim), {
        ...asked,
        levels: { count: 1, values: Float32Array.from(uniforms, ([, level = 0.5]) => level) },
      });
      chosen.forEach((row, i) =>
        setCell(rows, dim, column, row, drawn(column, given, i, uniforms[i]?.[0] ?? 0.5)),
      );
    }
    onSweep?.(sweep + 1);
  }
}

/** What a cell becomes: a discrete value, or a number. */
export interface DrawnCell {
  part: number;
  number: number;
}

/** The cell at this share of the column's values that are no blanks. */
function drawn(
  column: Column,
  { logShares, parts, numbers }: ColumnGiven,
  row: number,
  share: number,
): DrawnCell {
  const { discrete } = column.values;
  const weights = Array.from(logShares.subarray(row * parts, (row + 1) * parts), (log, part) => {
    const value = discrete[part];
    const isKnown = value === undefined || value.number !== undefined || (value.text ?? '') !== '';
    return isKnown ? Math.exp(log) : 0;
  });
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  let part = 0;
  while (part < parts - 1 && left >= (weights[part] ?? 0)) left -= weights[part++] ?? 0;
  return { part, number: numbers?.quantiles[row] ?? NaN };
}

/** Writes a cell into the row's features. */
export function setCell(
  { values, widths }: CellRows,
  dim: number,
  column: Column,
  row: number,
  cell: DrawnCell,
): void {
  const { discrete, numbers } = column.values;
  const set = (place: number, value: number, width: number): void => {
    values[row * dim + place] = value;
    widths[row * dim + place] = width;
  };
  const value = discrete[cell.part];
  if (value !== undefined) {
    value.cells.forEach(({ value: start, width }, j) => set(column.first + j, start, width));
    return;
  }
  if (numbers === undefined) return;
  const { feature, companion } = numberFeature(column);
  if (companion !== undefined && numbers.companion !== undefined) {
    set(companion, numbers.companion.value, numbers.companion.width);
  }
  set(feature, numbers.step === 1 ? Math.floor(cell.number) : cell.number, numbers.step);
}

/** Takes the column's cells from rows of the flow's samples [B, D]. */
export function cellOfSample(column: Column, samples: Rows, dim: number, row: number): DrawnCell {
  const point = samples[row * dim + column.first] ?? NaN;
  const part = column.values.discrete.findIndex(
    ({ cells: [cell] }) => cell !== undefined && point >= cell.value && point < cell.value + cell.width,
  );
  const { feature } = numberFeature(column);
  const isNumber = part < 0 && column.values.numbers !== undefined;
  return {
    part: isNumber ? column.values.discrete.length : Math.max(part, 0),
    number: samples[row * dim + feature] ?? NaN,
  };
}
