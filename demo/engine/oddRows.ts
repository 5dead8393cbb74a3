/** The rows of the visitor's table with the oddest cells, each given the others of its row. */
import type { ContextRows, Flow } from '../../src/index.ts';
import {
  chosenRows,
  expectedText,
  explain,
  leastPlaces,
  oddestOf,
  predict,
  predictedCells,
  QUANTILES,
} from '../../src/page/questions.ts';
import type { OddRow, OddRows } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';
import { codecOf, optionsOf, tableOf } from './tableRows.ts';

/** The least likely rows are looked at: a cell that is odd makes its row unlikely. */
const LOOKED_AT = 1000;
const SHOWN = 20;

export async function oddRows(flow: Flow, dataSet: DataSet): Promise<OddRows> {
  const codec = codecOf(dataSet);
  const table = tableOf(dataSet);
  const names = codec.columns.map(({ name }) => name);
  const total = table.data.length / flow.dim;
  const logProb = await flow.logProb(table.data, optionsOf(table));
  const least = leastPlaces(logProb, LOOKED_AT);
  const looked = chosenRows(table, total, least);
  const { columns: learned, logPValue } = await explain(flow, looked.data, optionsOf(looked));
  const found = Array.from(least, (row, i) => {
    const own = logPValue.subarray(i * learned.length, (i + 1) * learned.length);
    const place = oddestOf(own);
    return { row, own, column: learned[place] ?? '', logP: own[place] ?? NaN };
  })
    .sort((a, b) => a.logP - b.logP)
    .slice(0, SHOWN);
  const shown = (rows: readonly { row: number }[]): ContextRows =>
    chosenRows(
      table,
      total,
      Uint32Array.from(rows, ({ row }) => row),
    );
  const expected = new Map<number, string>();
  for (const part of codec.parts) {
    const { name } = part.column;
    const own = found.filter(({ column }) => column === name);
    if (own.length === 0) continue;
    const rows = shown(own);
    const prediction = await predict(flow, rows.data, { ...optionsOf(rows), column: name });
    predictedCells(part, prediction, QUANTILES.length).forEach((cell, i) =>
      expected.set(own[i]?.row ?? NaN, expectedText(cell)),
    );
  }
  const { data, widths } = shown(found);
  const texts = codec.decodeCells(data, widths);
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
  return { ask: 'odd', columns: names, total, lookedAt: least.length, odd };
}
