/** The rows of the visitor's table with the oddest cells, each given the others of its row. */
import type { Flow } from '../../src/index.ts';
import {
  expectedText,
  explain,
  oddestOf,
  plainTable,
  predict,
  predictedCells,
  QUANTILES,
} from '../../src/page/questions.ts';
import type { OddRow, OddRows } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';

/** The least likely rows are looked at: a cell that is odd makes its row unlikely. */
const LOOKED_AT = 1000;
const SHOWN = 20;

export async function oddRows(
  flow: Flow,
  { table, cells, columns, domains }: Pick<DataSet, 'table' | 'cells' | 'columns' | 'domains'>,
): Promise<OddRows> {
  const codec = cells?.codec ?? plainTable(columns, domains);
  const names = codec.columns.map(({ name }) => name);
  if (table === undefined) return { columns: names, total: 0, lookedAt: 0, odd: [] };
  const { dim, spec } = flow;
  const total = table.data.length / dim;
  const { widths, context } = table;
  const logProb = await flow.logProb(table.data, { ...(widths && { widths }), ...(context && { context }) });
  const least = Array.from(logProb.keys())
    .sort((a, b) => (logProb[a] ?? NaN) - (logProb[b] ?? NaN) || a - b)
    .slice(0, LOOKED_AT);
  const chosen = (rows: readonly number[]) => {
    const of = (values: ArrayLike<number>, width: number): number[] =>
      rows.flatMap((row) => Array.from({ length: width }, (_, i) => values[row * width + i] ?? NaN));
    return {
      values: Float64Array.from(of(table.data, dim)),
      options: {
        ...(widths && { widths: Float32Array.from(of(widths, dim)) }),
        ...(context && { context: Float32Array.from(of(context, spec.contextDim)) }),
      },
    };
  };
  const { values, options } = chosen(least);
  const { columns: learned, logPValue } = await explain(flow, values, options);
  const found = least
    .map((row, i) => {
      const own = logPValue.subarray(i * learned.length, (i + 1) * learned.length);
      const place = oddestOf(own);
      return { row, own, column: learned[place] ?? '', logP: own[place] ?? NaN };
    })
    .sort((a, b) => a.logP - b.logP)
    .slice(0, SHOWN);
  const expected = new Map<number, string>();
  for (const column of new Set(found.map((one) => one.column))) {
    const rows = found.filter((one) => one.column === column).map(({ row }) => row);
    const part = codec.parts.find((one) => one.column.name === column);
    if (part === undefined) continue;
    const asked = chosen(rows);
    const prediction = await predict(flow, asked.values, { ...asked.options, column });
    predictedCells(part, prediction, QUANTILES.length).forEach((cell, i) =>
      expected.set(rows[i] ?? NaN, expectedText(cell)),
    );
  }
  const shown = chosen(found.map(({ row }) => row));
  // The middle of a cell has its text.
  const texts = codec.decode(
    shown.values.map((value, i) => value + Math.max(shown.options.widths?.[i] ?? 0, 0) / 2),
  );
  const odd = found.map(({ row, own, column }, i): OddRow => ({
    row: row + 1,
    logProb: logProb[row] ?? NaN,
    cells: texts[i] ?? [],
    pValues: names.map((name) => {
      const place = learned.indexOf(name);
      return place < 0 ? null : Math.exp(own[place] ?? NaN);
    }),
    column,
    expected: expected.get(row) ?? '',
  }));
  return { columns: names, total, lookedAt: least.length, odd };
}
