import { describe, expect, it } from 'vitest';
import { RowResults, withUnsound } from '../../src/cli/rowResults.ts';
import type { Session } from '../../src/cli/session.ts';
import { NonFiniteError } from '../../src/errors.ts';

/** A session that records its output. */
function listening(): { session: Session; said: string[]; events: unknown[] } {
  const said: string[] = [];
  const events: unknown[] = [];
  const session = {
    say: (line: string) => said.push(line),
    emit: (event: unknown) => events.push(event),
  } as unknown as Session;
  return { session, said, events };
}

describe('the results of a table, chunk by chunk', () => {
  it('are an error that counts the rows that are not finite, by their lines in the file', async () => {
    const results = new RowResults();
    expect(await results.of(Promise.resolve('fine'), [2])).toBe('fine');
    const unsound = (rows: number[]) => Promise.reject(new NonFiniteError('latent', rows, 100, undefined));
    expect(await results.of(unsound([3, 4]), [102, 103, 105, 106])).toBeUndefined();
    expect(await results.of(unsound([1]), [202])).toBeUndefined();
    expect(() => results.requireFinite(300, 'far.csv')).toThrow(
      /^far\.csv: 3 of 300 rows have no finite latent: rows 105, 106, 202\./,
    );
  });

  it('pass other errors on, and are no error when all are finite', async () => {
    const results = new RowResults();
    await expect(results.of(Promise.reject(new RangeError('other')), [1])).rejects.toThrow('other');
    expect(() => results.requireFinite(300, 'near.csv')).not.toThrow();
  });

  it('count log-densities of -Infinity in a warning, and say nothing when there is none', () => {
    const { session, said, events } = listening();
    const results = new RowResults();
    results.addDensities(Float32Array.of(-1, -2), [2, 3]);
    results.tellWithoutDensity(session, 2);
    expect(said).toEqual([]);
    results.addDensities(Float32Array.of(-Infinity, -1, -Infinity), [4, 6, 7]);
    results.tellWithoutDensity(session, 5);
    expect(said).toEqual([
      'Warning: 2 of 5 rows have no density under the model (log_prob -Infinity): rows 4, 7',
    ]);
    expect(events).toEqual([{ event: 'warning', code: 'NO_DENSITY', rows: 2 }]);
  });
});

describe('a picture of a poor model', () => {
  it('takes the result with its rows that are not finite', async () => {
    const result = Float32Array.of(1, NaN);
    await expect(
      withUnsound(Promise.reject(new NonFiniteError<Float32Array>('sample', [2], 2, result))),
    ).resolves.toBe(result);
    await expect(withUnsound(Promise.reject(new RangeError('other')))).rejects.toThrow('other');
  });
});
