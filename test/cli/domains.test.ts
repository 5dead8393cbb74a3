import { describe, expect, it } from 'vitest';
import { domainRequests, domainsOfColumns, insideDomains } from '../../src/cli/domains.ts';
import type { TableChunk } from '../../src/data/readTable.ts';

const COLUMNS = ['a', 'b', 'c'];

describe('--domain', () => {
  it.each([
    [['unit'], ['unit', 'unit', 'unit']],
    [['positive:b'], ['real', 'positive', 'real']],
    [['unit:a, c'], ['unit', 'real', 'unit']],
    [
      ['positive', 'unit:c', 'real:a'],
      ['real', 'positive', 'unit'],
    ],
    [
      ['unit:a', 'positive:a'],
      ['positive', 'real', 'real'],
    ],
  ])('%j says what the columns hold: %j', (texts, domains) => {
    const requests = texts.reduce<ReturnType<typeof domainRequests> | undefined>(
      (earlier, text) => domainRequests(text, earlier),
      undefined,
    );
    expect(domainsOfColumns(requests, COLUMNS)).toEqual(domains);
  });

  it.each(['', 'log', 'unit:', 'unit:a,,b', ':a', 'Unit'])('refuses %j', (text) => {
    expect(() => domainRequests(text)).toThrow(/^Expected real, positive or unit/);
  });

  it('refuses a column that is not there', () => {
    expect(() => domainsOfColumns(domainRequests('unit:d'), COLUMNS)).toThrow(
      '--domain unit: found the column "d", expected one of a, b, c',
    );
  });

  it('tells the line of a value outside', async () => {
    const text = { cells: [], lines: [] };
    const chunk = { columns: ['a'], values: Float64Array.of(0.5, 0.25, 2), rows: 3, firstRow: 40, text };
    const chunks = (async function* (): AsyncGenerator<TableChunk> {
      yield { ...chunk, values: Float64Array.of(0.5), rows: 1, firstRow: 2 };
      yield chunk;
    })();
    const checked = insideDomains(chunks, 'x.csv', () => ['unit']);
    expect((await checked.next()).done).toBe(false);
    await expect(checked.next()).rejects.toThrow(
      'x.csv, row 42, column "a": found 2, expected a number between',
    );
  });
});
