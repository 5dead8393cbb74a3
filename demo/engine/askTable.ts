/** Questions to the model of a table: what a column should be, what a blank was, what rows with some cells look like. */
import { ShapeError } from '../../src/index.ts';
import type { ContextRows, Flow } from '../../src/index.ts';
import {
  expectedText,
  impute,
  isBlank,
  knownRow,
  ownPlaces,
  predict,
  predictedCells,
  predictedColumns,
  QUANTILES,
  sampleGiven,
} from '../../src/page/questions.ts';
import type { Prediction } from '../../src/page/questions.ts';
import type { FilledRows, GivenRows, PredictedRows, TableAnswer, TableQuestion } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';
import { oddRows } from './oddRows.ts';
import { codecOf, optionsOf, tableOf } from './tableRows.ts';

/** Rows that the page shows; the file has all. */
const FIRST = 20;

/** @param context the shown class, if the classes are split, [C] */
export function askTable(
  flow: Flow,
  dataSet: DataSet,
  question: TableQuestion,
  context?: Float32Array,
): Promise<TableAnswer> {
  switch (question.ask) {
    case 'odd':
      return oddRows(flow, dataSet);
    case 'predict':
      return predictedRows(flow, dataSet, question.column);
    case 'impute':
      return filledRows(flow, dataSet, question.seed);
    case 'given':
      return givenRows(flow, dataSet, question, context);
  }
}

async function predictedRows(flow: Flow, dataSet: DataSet, column: string): Promise<PredictedRows> {
  const codec = codecOf(dataSet);
  const table = tableOf(dataSet);
  const place = codec.columns.findIndex(({ name }) => name === column);
  const part = codec.parts[place];
  if (part === undefined) throw new ShapeError('column', column, `one of ${codec.learned.join(', ')}`);
  const prediction = await predict(flow, table.data, { ...optionsOf(table), column });
  const expected = predictedCells(part, prediction, QUANTILES.length);
  const texts = codec.decodeCells(table.data, table.widths);
  const { columns, values } = predictedColumns(part, QUANTILES);
  const inside = await insideOf(flow, table, column, prediction);
  return {
    ask: 'predict',
    column,
    columns: [...codec.columns.map(({ name }) => name), ...columns],
    rows: texts.map((cells, row) => {
      const cell = expected[row];
      return [...cells, ...(cell === undefined ? [] : values(cell).map(String))];
    }),
    first: expected.slice(0, FIRST).map((cell, row) => ({
      row: row + 1,
      cell: texts[row]?.[place] ?? '',
      expected: expectedText(cell),
      isOdd: inside[row]?.isInside === false,
    })),
    held: await heldOutScore(flow, dataSet, column),
  };
}

/** How a cell compares with its prediction; undefined for a blank. */
interface Compared {
  /** A number between the outer quantiles, or the most likely label. */
  isInside: boolean;
  /** The distance of a number from its median. */
  error?: number;
  /** The index of a label. */
  label: number;
}

async function insideOf(
  flow: Flow,
  rows: ContextRows,
  name: string,
  { probabilities, parts, numbers }: Prediction,
): Promise<(Compared | undefined)[]> {
  const { columns, dim } = await flow.conditionals();
  const column = columns.find((one) => one.name === name);
  if (column === undefined) return [];
  const { discrete } = column.values;
  return ownPlaces(column, { values: rows.data, ...optionsOf(rows) }, dim).map(({ part, number }, row) => {
    const value = part === discrete.length ? number : discrete[part]?.number;
    if (numbers !== undefined && value !== undefined) {
      const [low = NaN, median = NaN, high = NaN] = numbers.quantiles.subarray(3 * row, 3 * row + 3);
      return { isInside: value >= low && value <= high, error: Math.abs(value - median), label: part };
    }
    if (discrete[part]?.text === '') return undefined;
    const shares = probabilities.subarray(row * parts, (row + 1) * parts);
    return { isInside: shares[part] === Math.max(...shares), label: part };
  });
}

async function heldOutScore(
  flow: Flow,
  { validation, cells, classes }: DataSet,
  column: string,
): Promise<PredictedRows['held']> {
  const held: ContextRows = {
    data: validation,
    ...(cells && { widths: cells.validation }),
    ...(classes && { context: classes.validation }),
  };
  if (validation.length === 0) return { rows: 0 };
  const prediction = await predict(flow, validation, { ...optionsOf(held), column });
  const compared = (await insideOf(flow, held, column, prediction)).filter((one) => one !== undefined);
  const rows = compared.length;
  const share = compared.filter(({ isInside }) => isInside).length / rows;
  if (rows === 0) return { rows };
  const errors = compared.flatMap(({ error }) => error ?? []);
  if (errors.length > 0) {
    return {
      rows,
      numbers: { inside: share, error: errors.reduce((sum, error) => sum + error, 0) / errors.length },
    };
  }
  const counts = new Map<number, number>();
  for (const { label } of compared) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { rows, labels: { right: share, commonest: Math.max(...counts.values()) / rows } };
}

async function filledRows(flow: Flow, dataSet: DataSet, seed: number): Promise<FilledRows> {
  const codec = codecOf(dataSet);
  const table = tableOf(dataSet);
  const texts = codec.decodeCells(table.data, table.widths);
  const columns = codec.columns.map(({ name }) => name);
  const places = codec.parts.flatMap(({ features }, place) => (features.length > 0 ? [place] : []));
  const blanks = texts.map((row) => places.filter((place) => isBlank(row[place] ?? '')));
  const chosen = blanks.flatMap((own, row) => (own.length > 0 ? [row] : []));
  const total = blanks.reduce((sum, own) => sum + own.length, 0);
  if (total === 0) return { ask: 'impute', columns, rows: [], blanks: 0, first: [] };
  const drawn = await impute(flow, table.data, {
    ...optionsOf(table),
    unknown: blanks.map((own) => places.map((place) => own.includes(place))),
    seed,
  });
  const made = codec.decodeDrawn(drawn.values);
  const rows = texts.map((row, i) =>
    row.map((text, place) => (isBlank(text) ? (made[i]?.[place] ?? '') : text)),
  );
  const first = chosen.slice(0, FIRST).map((row) => ({ row: row + 1, blanks: blanks[row] ?? [] }));
  return { ask: 'impute', columns, rows, blanks: total, first };
}

async function givenRows(
  flow: Flow,
  dataSet: DataSet,
  { cells, count, seed }: Extract<TableQuestion, { ask: 'given' }>,
  context: Float32Array | undefined,
): Promise<GivenRows> {
  const codec = codecOf(dataSet);
  const { values, widths, known } = knownRow(codec, new Map(Object.entries(cells)), 'given');
  const drawn = await sampleGiven(flow, count, {
    row: values,
    ...(dataSet.cells && { widths }),
    known,
    ...(context && { context }),
    seed,
  });
  return {
    ask: 'given',
    columns: codec.columns.map(({ name }) => name),
    rows: codec.decodeDrawn(drawn.values),
    effectiveSize: drawn.effectiveSize,
  };
}
