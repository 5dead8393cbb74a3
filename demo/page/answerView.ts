/** The answer to a question about a table, in words and lines. */
import type {
  FilledRows,
  GivenRows,
  OddRows,
  PredictedRows,
  TableAnswer,
  TableQuestion,
} from '../protocol.ts';
import { count, decimal, measure } from './figures.ts';

export interface AnswerView {
  words: string;
  header: readonly string[];
  lines: readonly { texts: readonly string[]; marks?: readonly (Mark | undefined)[] }[];
  file: { name: string; columns: readonly string[]; rows: readonly (readonly string[])[] };
}

/** How a cell is coloured. */
type Mark = 'odd' | 'very-odd' | 'filled';

/** Cells with a smaller probability are marked. */
const ODD = 1e-3;
const VERY_ODD = 1e-6;
/** Lines on the page. */
const SHOWN = 20;

export function answerView(found: TableAnswer, question: TableQuestion): AnswerView {
  switch (found.ask) {
    case 'odd':
      return oddView(found);
    case 'predict':
      return predictedView(found);
    case 'impute':
      return filledView(found);
    case 'given':
      return givenView(found, question.ask === 'given' ? question.cells : {});
  }
}

function oddView({ columns, total, lookedAt, odd }: OddRows): AnswerView {
  const all =
    lookedAt === total
      ? `all ${count(total)} rows`
      : `the ${count(lookedAt)} least likely of ${count(total)} rows`;
  const header = ['row', 'log p', 'oddest cell', 'expected (5 % to 95 %)', 'p', ...columns];
  const lines = odd.map(({ row, logProb, column, expected, pValues, cells }) => {
    const p = pValues[columns.indexOf(column)] ?? NaN;
    const own = [count(row), decimal(logProb), column, expected, p.toPrecision(2)];
    return {
      texts: [...own, ...cells.map((text) => text || 'blank')],
      marks: [...own.map(() => undefined), ...pValues.map(markOf)],
    };
  });
  return {
    words: `The ${odd.length} oddest of ${all}. A coloured cell is unlikely given the others; p is the chance of a value as unlikely.`,
    header,
    lines,
    file: { name: 'odd-rows.csv', columns: header, rows: lines.map(({ texts }) => texts) },
  };
}

function markOf(p: number | null): Mark | undefined {
  if (p === null || p >= ODD) return undefined;
  return p < VERY_ODD ? 'very-odd' : 'odd';
}

function predictedView({ column, columns, rows, first, held }: PredictedRows): AnswerView {
  return {
    words: `${heldWords(held)} The file has all ${count(rows.length)} rows.`,
    header: ['row', column, 'expected (5 % to 95 %)'],
    lines: first.map(({ row, cell, expected, isOdd }) => ({
      texts: [count(row), cell || 'blank', expected],
      marks: [undefined, isOdd ? 'odd' : undefined],
    })),
    file: { name: `${column}-predicted.csv`, columns, rows },
  };
}

function heldWords({ rows, numbers, labels }: PredictedRows['held']): string {
  const share = (value: number): string => `${Math.round(100 * value)} %`;
  const where = `In ${count(rows)} rows that training did not see,`;
  if (numbers !== undefined) {
    return `${where} ${share(numbers.inside)} of the values lie from the 5 % to the 95 % quantile, where 90 % should; the median is off by ${measure(numbers.error)} on average.`;
  }
  if (labels !== undefined) {
    return `${where} the most likely value is right in ${share(labels.right)}; the commonest value would be in ${share(labels.commonest)}.`;
  }
  return 'No row was held out, so nothing says how good this is.';
}

function filledView({ columns, rows, blanks, first }: FilledRows): AnswerView {
  const of = blanks === 1 ? 'blank' : 'blanks';
  return {
    words:
      blanks === 0
        ? 'No cell of your table is blank.'
        : `Filled ${count(blanks)} ${of} with one draw each: they vary as the data do, and are no best guesses. The first rows that had some:`,
    header: blanks === 0 ? [] : ['row', ...columns],
    lines: first.map(({ row, blanks: places }) => ({
      texts: [count(row), ...(rows[row - 1] ?? [])],
      marks: [
        undefined,
        ...columns.map((_, place) => (places.includes(place) ? ('filled' as const) : undefined)),
      ],
    })),
    file: { name: 'filled.csv', columns, rows },
  };
}

function givenView(
  { columns, rows, effectiveSize }: GivenRows,
  cells: Readonly<Record<string, string>>,
): AnswerView {
  const given = Object.entries(cells).map(([name, value]) => `${name} ${value}`);
  const worth = `as good as ${count(effectiveSize)} independent ones`;
  return {
    words: `${count(rows.length)} new rows${given.length > 0 ? ` with ${given.join(', ')}` : ''}, ${worth}.`,
    header: columns,
    lines: rows.slice(0, SHOWN).map((texts) => ({ texts: texts.map((text) => text || 'blank') })),
    file: { name: 'drawn.csv', columns, rows },
  };
}
