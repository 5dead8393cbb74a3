import { describe, expect, it } from 'vitest';
import type { PairOfColumns } from '../../../src/cli/report/findings.ts';
import {
  calibration,
  columnsAlike,
  columnsDiffer,
  coverage,
  energyDistance,
  fewRows,
  gaussian,
  noHeldOutRows,
  oddRows,
  overfitting,
  pairsAlike,
  pairsDiffer,
  skippedSteps,
  unfinished,
  unsoundSamples,
  verdictOf,
  withoutDensity,
} from '../../../src/cli/report/verdict.ts';
import { normals } from '../../../src/random.ts';
import { findings, labels, numbers } from './madeUp.ts';

const far = (name: string) => numbers(name, {}, (value) => value + 1);

describe('the verdict on conditionals', () => {
  const even = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);
  const verdictOn = (change: (share: number) => number) =>
    calibration(
      findings({ columns: [numbers('a', { pit: even }), numbers('b', { pit: even.map(change) })] }),
    );

  it('is good where the cells lie as they should', () => {
    const [sentence, ...others] = verdictOn((share) => share);
    expect(sentence?.tone).toBe('good');
    expect(sentence?.words).toMatch(
      /predicts each column as surely as it may; .* \(KS 0\.0005, bound 0\.05\d?\)/,
    );
    expect(others).toEqual([]);
    expect(calibration(findings())).toEqual([]);
    expect(calibration(findings({ columns: [numbers('a', { pit: even })] }))).toEqual([]);
  });

  it('says whether the model is too sure, not sure enough, or expects other values', () => {
    const words = (change: (share: number) => number) => verdictOn(change).map((one) => one.words);
    expect(words((share) => 0.5 + 0.25 * Math.sin(Math.PI * (share - 0.5)))[0]).toMatch(
      /^b, given the other columns: the model is not sure enough of it \(KS 0\.\d+, bound 0\.\d+\)\.$/,
    );
    expect(words((share) => (share < 0.5 ? share ** 2 : 1 - (1 - share) ** 2))[0]).toContain(
      'too sure of it',
    );
    expect(words(Math.sqrt)[0]).toContain('its values are higher than the model expects');
    expect(words((share) => share ** 2)[0]).toContain('its values are lower than the model expects');
  });
});

describe('the verdict on columns', () => {
  it('speaks of those within chance together, and of one by its name', () => {
    const [sentence] = columnsAlike(findings());
    expect(sentence?.tone).toBe('good');
    expect(sentence?.words).toMatch(
      /^Samples of both columns look like the held-out rows, each for itself; the farthest is [ab] \(KS 0\.\d+, bound 0\.\d+\)\.$/,
    );
    const three = findings({ columns: [numbers('a'), numbers('b'), numbers('c')] });
    expect(columnsAlike(three)[0]?.words).toContain('Samples of all 3 columns');
    const [one] = columnsAlike(findings({ columns: [numbers('price')] }));
    expect(one?.words).toMatch(
      /^Samples of price look like the held-out rows \(KS 0\.\d+, bound 0\.\d+\)\.$/,
    );
    const [some] = columnsAlike(findings({ columns: [numbers('a'), far('b'), numbers('c')] }));
    expect(some?.words).toContain('Samples of 2 of 3 columns look like');
    expect(columnsAlike(findings({ columns: [far('b')] }))).toEqual([]);
    expect(columnsDiffer(findings())).toEqual([]);
  });

  it('says of each that differs how it does: on which side, or which value', () => {
    const [high] = columnsDiffer(findings({ columns: [far('price')] }));
    expect(high?.tone).toBe('bad');
    expect(high?.words).toMatch(
      /^price: samples lie too high, \d+ % are at most 0\.\d+ against \d+ % \(KS 0\.\d+, bound 0\.\d+\)\.$/,
    );
    const [low] = columnsDiffer(findings({ columns: [numbers('price', {}, (value) => value - 1)] }));
    expect(low?.words).toContain('samples lie too low');
    const city = labels('city', ['Rome', ''], [0.5, 0.5], [0.8, 0.2]);
    const [label] = columnsDiffer(findings({ columns: [city] }));
    expect(label?.words).toMatch(
      /^city: the model draws (Rome too often|a blank too seldom), \d+ % against \d+ % \(TV 0\./,
    );
  });

  it('is a note for a small difference that many rows show', () => {
    const many = {
      data: normals(1, 1, 100_000),
      samples: normals(1, 2, 100_000).map((value) => value + 0.06),
    };
    const [sentence] = columnsDiffer(findings({ columns: [numbers('a', many)] }));
    expect(sentence?.tone).toBe('note');
  });

  it('names four of many that differ, and counts the others', () => {
    const columns = Array.from({ length: 9 }, (_, i) => far(`c${i}`));
    const sentences = columnsDiffer(findings({ columns }));
    expect(sentences).toHaveLength(5);
    expect(sentences.at(-1)?.words).toBe('5 more columns differ beyond chance; see the columns below.');
    expect(columnsDiffer(findings({ columns: columns.slice(0, 5) }))).toHaveLength(5);
  });
});

describe('the verdict on pairs', () => {
  const pair = (changes: Partial<PairOfColumns>): PairOfColumns => ({
    pair: [numbers('w'), numbers('z')],
    distance: 0.1,
    bound: 0.05,
    chance: 0.02,
    strength: { measure: 'rank correlation', data: 0.5, samples: 0.3 },
    ...changes,
  });

  it('says which depend on each other less, more or in another way', () => {
    const said = (changes: Partial<PairOfColumns>) =>
      pairsDiffer({ ...findings(), pairs: [pair(changes)] })[0];
    expect(said({})).toEqual({
      tone: 'bad',
      words:
        'w and z depend on each other less in the samples than in the held-out rows (rank correlation 0.30 against 0.50).',
    });
    const measure = 'rank correlation';
    expect(said({ strength: { measure, data: -0.2, samples: -0.6 } })?.words).toContain(
      'more in the samples',
    );
    expect(said({ strength: { measure, data: -0.2, samples: 0.2 } })?.words).toContain(
      'in another way: 10 % of',
    );
    expect(said({ distance: 0.04, bound: 0.03 })?.tone).toBe('note');
    expect(pairsDiffer({ ...findings(), pairs: [pair({ distance: 0.04 })] })).toEqual([]);
  });

  it('counts those beyond three', () => {
    const sentences = pairsDiffer({ ...findings(), pairs: Array.from({ length: 5 }, () => pair({})) });
    expect(sentences).toHaveLength(4);
    expect(sentences.at(-1)?.words).toContain('2 more pairs of columns depend');
  });

  it('says that none differs, only if none does and there are pairs', () => {
    const calm = pair({ distance: 0.01 });
    expect(pairsAlike({ ...findings(), pairs: [calm] })[0]?.words).toBe(
      'w and z depend on each other in the samples as in the data.',
    );
    expect(pairsAlike({ ...findings(), pairs: [calm, calm] })[0]?.words).toContain('No pair of columns');
    expect(pairsAlike({ ...findings(), pairs: [calm, pair({})] })).toEqual([]);
    expect(pairsAlike({ ...findings(), pairs: [] })).toEqual([]);
  });
});

describe('the verdict on coverage', () => {
  const judged = (change: (value: number) => number) =>
    coverage(
      findings({ logProb: { rows: normals(3, 1, 1000).map(change), samples: normals(3, 2, 3000) } }),
    )[0];

  it('is good within chance, and says whether the model is too sure or not sure enough', () => {
    expect(judged((value) => value)?.tone).toBe('good');
    expect(judged((value) => value - 1)?.words).toMatch(
      /holds \d+ % of the held-out rows \(KS 0\.\d+, bound 0\.\d+\): the model is too sure\./,
    );
    expect(judged((value) => value + 1)?.words).toContain('the model is not sure enough');
    expect(judged((value) => value - 1)?.tone).toBe('bad');
  });

  it('says nothing without log-densities', () => {
    expect(coverage(findings({ logProb: { rows: [], samples: [] } }))).toEqual([]);
  });
});

describe('the verdict on all columns together', () => {
  it('has the energy distance next to the one between halves', () => {
    const close = energyDistance(findings({ energy: { distance: 0.002, reference: 0.001, bound: 0.003 } }));
    expect(close[0]).toMatchObject({ tone: 'good' });
    expect(close[0]?.words).toContain(
      'no farther from the held-out rows than chance explains (energy distance 0.002, bound 0.003; 0.001 between',
    );
    const apart = energyDistance(findings({ energy: { distance: 0.02, reference: 0.001, bound: 0.003 } }));
    expect(apart[0]).toMatchObject({ tone: 'bad' });
    expect(apart[0]?.words).toContain('the samples are farther from');
    expect(energyDistance(findings())).toEqual([]);
  });

  it('compares held-out with training rows if the gap is more than its error', () => {
    const said = (rows: number, error = 0.02) =>
      overfitting(findings({ nll: { rows, training: 2, error } }))[0];
    expect(said(2.42)).toMatchObject({ tone: 'note' });
    expect(said(2.42)?.words).toContain(
      'Held-out rows are 0.42 nats (± 0.02) less likely than training rows',
    );
    expect(said(4)).toMatchObject({ tone: 'bad' });
    expect(said(2.42, 0.2)?.words).toContain('does not overfit');
    expect(said(2.03, 0.001)?.tone).toBe('good');
    expect(overfitting(findings())).toEqual([]);
    expect(overfitting(findings({ rows: 'training rows', nll: { rows: 3, training: 2, error: 0 } }))).toEqual(
      [],
    );
  });

  it('names rows that are less likely than any sample, if chance does not explain their number', () => {
    const odd = (count: number) =>
      oddRows(
        findings({
          logProb: {
            rows: normals(3, 1, 1000).map((value, i) => (i < count ? -20 - i : Math.max(value, -2))),
            samples: normals(3, 2, 3000),
          },
        }),
      )[0];
    expect(odd(10)?.words).toBe(
      '10 of 1,000 held-out rows are less likely than any of 3,000 samples: row 1,234, row 7, …. Look at them below.',
    );
    expect(odd(1)).toBeUndefined();
    expect(odd(0)).toBeUndefined();
  });

  it('warns of rows without density and of samples that are not finite', () => {
    expect(withoutDensity(findings())).toEqual([]);
    const rows = [-Infinity, ...normals(3, 1, 99)];
    expect(withoutDensity(findings({ logProb: { rows, samples: [1] } }))[0]?.words).toContain(
      '1 of 100 held-out rows have no density',
    );
    expect(unsoundSamples(findings())).toEqual([]);
    expect(unsoundSamples(findings({ unsound: 3 }))[0]).toMatchObject({ tone: 'bad' });
  });
});

describe('the verdict on the run', () => {
  it('compares with a Gaussian if both scores are known', () => {
    expect(gaussian(findings({}, { validationNll: 2, gaussianNll: 3 }))[0]).toMatchObject({ tone: 'good' });
    expect(gaussian(findings({}, { validationNll: 3, gaussianNll: 2.5 }))[0]?.words).toContain(
      '(0.50 nats worse)',
    );
    expect(gaussian(findings({}, { validationNll: 3 }))).toEqual([]);
  });

  it('asks for more steps only if the last of all steps was the best', () => {
    expect(unfinished(findings({}, { asked: 100, bestStep: 100 }))[0]?.words).toContain('more steps');
    expect(unfinished(findings({}, { asked: 100, bestStep: 90 }))).toEqual([]);
    expect(unfinished(findings({}, { asked: 200, bestStep: 100 }))).toEqual([]);
    expect(unfinished(findings())).toEqual([]);
  });

  it('counts skipped steps, and is worse with more than one in a hundred', () => {
    expect(skippedSteps(findings())).toEqual([]);
    expect(skippedSteps(findings({}, { skipped: 1 }))[0]).toMatchObject({ tone: 'note' });
    expect(skippedSteps(findings({}, { skipped: 2 }))[0]).toMatchObject({ tone: 'bad' });
  });

  it('says when there are few rows, or none held out', () => {
    expect(fewRows(findings())).toEqual([]);
    const logProb = { rows: normals(3, 1, 50), samples: normals(3, 2, 500) };
    expect(fewRows(findings({ logProb }))[0]?.words).toMatch(
      /^There are only 50 held-out rows: differences below 0\.\d+ /,
    );
    expect(noHeldOutRows(findings())).toEqual([]);
    expect(noHeldOutRows(findings({ rows: 'training rows' }))[0]?.words).toContain('No rows were held out');
  });
});

it('the verdict begins with what speaks against the model and ends with what speaks for it', () => {
  const tones = verdictOf(findings({ columns: [far('a'), numbers('b')], rows: 'training rows' })).map(
    ({ tone }) => tone,
  );
  expect(new Set(tones)).toEqual(new Set(['bad', 'note', 'good']));
  expect(tones).toEqual([...tones].sort((a, b) => 'bad note good'.indexOf(a) - 'bad note good'.indexOf(b)));
});
