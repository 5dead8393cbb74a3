import { describe, expect, it } from 'vitest';
import { answerView } from '../../demo/page/answerView.ts';
import type { PredictedRows, TableAnswer, TableQuestion } from '../../demo/protocol.ts';

function wordsOf(answer: TableAnswer, question: TableQuestion = { ask: 'odd' }): string {
  return answerView(answer, question).words;
}

function predicted(held: PredictedRows['held']): PredictedRows {
  const rows = [['1', '2']];
  return { ask: 'predict', column: 'b', columns: ['a', 'b'], rows, first: [], held };
}

describe('the answer to a question about a table says', () => {
  it('how many rows were looked at', () => {
    const odd = { ask: 'odd', columns: ['a'], odd: [] } as const;
    expect(wordsOf({ ...odd, total: 300, lookedAt: 300 })).toMatch(/^The 0 oddest of all 300 rows\./);
    expect(wordsOf({ ...odd, total: 5000, lookedAt: 1000 })).toMatch(
      /of the 1,000 least likely of 5,000 rows\./,
    );
  });

  it('how a prediction does on held-out rows, and that nothing is known without them', () => {
    expect(wordsOf(predicted({ rows: 30, numbers: { inside: 0.9, error: 1.5 } }))).toBe(
      'In 30 rows that training did not see, 90 % of the values lie from the 5 % to the 95 % quantile, where 90 % should; the median is off by 1.50 on average. The file has all 1 rows.',
    );
    expect(wordsOf(predicted({ rows: 30, labels: { right: 0.8, commonest: 0.5 } }))).toMatch(
      /the most likely value is right in 80 %; the commonest value would be in 50 %\./,
    );
    expect(wordsOf(predicted({ rows: 0 }))).toMatch(
      /^No row was held out, so nothing says how good this is\./,
    );
  });

  it('how many blanks were filled, or that there are none', () => {
    const filled = { ask: 'impute', columns: ['a'], rows: [['1'], ['2']] } as const;
    expect(wordsOf({ ...filled, blanks: 1, first: [{ row: 2, blanks: [0] }] })).toMatch(
      /^Filled 1 blank with/,
    );
    expect(wordsOf({ ...filled, rows: [], blanks: 0, first: [] })).toBe('No cell of your table is blank.');
    const { lines } = answerView({ ...filled, blanks: 1, first: [{ row: 2, blanks: [0] }] }, { ask: 'odd' });
    expect(lines).toEqual([{ texts: ['2', '2'], marks: [undefined, 'filled'] }]);
  });

  it('what was given, and what the rows are worth', () => {
    const drawn = { ask: 'given', columns: ['a'], rows: [['1'], ['']], effectiveSize: 1.6 } as const;
    const question = { ask: 'given', cells: { a: '1' }, count: 2, seed: 0 } as const;
    expect(wordsOf(drawn, question)).toBe('2 new rows with a 1, as good as 2 independent ones.');
    expect(wordsOf(drawn)).toMatch(/^2 new rows, as good as/);
    expect(answerView(drawn, question).lines.map(({ texts }) => texts)).toEqual([['1'], ['blank']]);
  });
});
