import { describe, expect, it } from 'vitest';
import bounds from '../../bench/quality/bounds.json';
import { readOptions } from '../../bench/quality/options.mjs';
import { summariesOf, table } from '../../bench/quality/table.mjs';
import { TOY_NAMES } from '../../src/data/toy.ts';
import { PRESETS } from '../../src/presets/index.ts';

const known = { presets: Object.keys(PRESETS), datasets: [...TOY_NAMES] };

describe('the options of npm run quality', () => {
  it('are every preset and dataset with a bound, three seeds and 3,000 steps by default', () => {
    const { pairs, seeds, steps } = readOptions([], known, bounds);
    expect(pairs).toHaveLength(12);
    for (const [preset, dataset] of pairs) {
      expect(known.presets).toContain(preset);
      expect(known.datasets).toContain(dataset);
    }
    expect([seeds, steps]).toEqual([[1, 2, 3], 3000]);
  });

  it('may name any preset and dataset, with a bound or not', () => {
    const argv = ['--presets', 'vanilla,nice', '--datasets', 'circles', '--seeds', '7', '--steps', '10'];
    const { pairs, seeds, steps } = readOptions(argv, known, bounds);
    expect(pairs).toEqual([
      ['vanilla', 'circles'],
      ['nice', 'circles'],
    ]);
    expect([seeds, steps]).toEqual([[7], 10]);
  });

  it.each([
    [['--presets', 'wavelet'], /--presets: found "wavelet", expected names from vanilla/],
    [['--datasets', 'moon'], /--datasets: found "moon"/],
    [['--seeds', '1,x'], /--seeds: found "x", expected whole numbers from 0/],
    [['--steps', '0'], /--steps: found "0"/],
    [['--adapter', 'cpu'], /--adapter: found "cpu"/],
    [['--json', 'no/such/folder/rows.json'], /folder of no\/such\/folder\/rows\.json does not exist/],
    [['--quick'], /--help/],
  ])('refuse %j', (argv, message) => {
    expect(() => readOptions(argv, known, bounds)).toThrow(message);
  });
});

describe('the table of npm run quality', () => {
  const row = (preset: string, dataset: string, seed: number, testNll: number | null) => ({
    preset,
    dataset,
    seed,
    testNll,
    floor: 1,
  });

  it('means over the seeds, and sets the mean against the bound', () => {
    const rows = [
      row('nice', 'banana', 1, 1.02),
      row('nice', 'banana', 2, 1.06),
      row('glow', 'moons', 1, 1.04),
      row('vanilla', 'moons', 1, 2),
    ];
    const summaries = summariesOf(rows, bounds);
    expect(summaries.map(({ missed }) => missed)).toEqual([false, true, false]);
    expect(summaries[0]!.mean).toBeCloseTo(0.04, 10);
    expect(table(summaries)).toMatch(/nice.*0\.0200 {2}0\.0600.*0\.0400.*0\.05.*within/);
    expect(table(summaries)).toMatch(/glow.*0\.03.*MISSED/);
  });

  it('misses a bound where a run failed', () => {
    const [summary] = summariesOf([row('nice', 'banana', 1, 1.02), row('nice', 'banana', 2, null)], bounds);
    expect(summary!.missed).toBe(true);
    expect(table([summary!])).toMatch(/failed.*MISSED/);
  });
});
