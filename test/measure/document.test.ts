import { describe, expect, it } from 'vitest';
import { parseBenchDocument } from '../../src/measure/document.ts';
import { DataError } from '../../src/errors.ts';
import { document } from './documents.ts';

const parse = (value: unknown) => parseBenchDocument(JSON.stringify(value), 'run.json');

describe('parseBenchDocument', () => {
  it('gives back what was written', () => {
    expect(parse(document())).toEqual(document());
  });

  it('takes a run that does not say its precision for one of f32', () => {
    const { precision: _, ...old } = document({ precision: 'f16' });
    expect(parse(old).precision).toBe('f32');
  });

  it('gives back the batches of a sweep', () => {
    const batches = [{ flow: 'S', steps: [{ batch: 512, ms: 1, rowsPerSecond: 512_000 }], fullFrom: null }];
    expect(parse(document({ batches })).batches).toEqual(batches);
    expect(document()).not.toHaveProperty('batches');
  });

  it('takes a run that has no time of an empty dispatch', () => {
    const { launch: _, ...peak } = document().peak;
    expect(parse({ ...document(), peak }).peak).toEqual(peak);
  });

  it.each([
    ['another precision', { ...document(), precision: 'f8' }, /run\.json: precision: found "f8", expected/],
    [
      'another format',
      { ...document(), format: 'other' },
      /run\.json: format: found "other", expected "wgflow-bench"/,
    ],
    ['a newer version', { ...document(), version: 2 }, /version: found 2, expected 1/],
    [
      'a missing peak',
      { ...document(), peak: undefined },
      /run\.json: peak: found nothing, expected this key/,
    ],
    [
      'a time that is not positive',
      {
        ...document(),
        entries: [{ ...document().entries[0]!, time: { ...document().entries[0]!.time, medianMs: 0 } }],
      },
      /entries\.0\.time\.medianMs: found 0, expected >0/,
    ],
    ['a number', 7, /the file: found 7, expected Object/],
  ])('refuses %s with the place, what was found and what was expected', (_what, value, message) => {
    expect(() => parse(value)).toThrow(DataError);
    expect(() => parse(value)).toThrow(message);
  });

  it('refuses what is no JSON, and says what to give', () => {
    expect(() => parseBenchDocument('no', 'run.json')).toThrow(
      /run\.json: .*expected the JSON of a run.*wgflow bench --out/,
    );
  });
});
