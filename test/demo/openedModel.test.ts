import { describe, expect, it } from 'vitest';
import { knownData } from '../../demo/engine/loadedData.ts';
import type { ModelFacts } from '../../demo/engine/loadedData.ts';
import { codeOfFile } from '../../demo/page/codeOfRun.ts';
import {
  describeOpened,
  describeOwnSamples,
  describeTraining,
  isAccountedFor,
} from '../../demo/page/openedFile.ts';
import { startOf } from '../../demo/presets.ts';
import type { DataSettings, RowData } from '../../demo/protocol.ts';
import { realnvp } from '../../src/index.ts';
import type { TrainingRecord } from '../../src/index.ts';

const MOONS: DataSettings = { kind: 'toy', name: 'moons', size: 200, noise: 0.2 };
const TABLE: RowData = {
  kind: 'rows',
  title: 'shares.csv',
  columns: ['share', 'rate'],
  rows: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i) ** 2),
  labels: {
    column: { name: 'kind', levels: ['a', 'b'] },
    of: Uint8Array.from({ length: 20 }, (_, i) => i % 2),
  },
};

function model(record: Partial<TrainingRecord>, dim = 2, contextDim = 0): ModelFacts {
  const spec = realnvp(dim, { couplings: 1, hidden: [4], contextDim });
  return { spec, dim, training: { steps: 1, seed: 1, library: 'wgflow', ...record } };
}

describe('a model that was opened', () => {
  it('goes on with the data at hand where it has their columns', () => {
    expect(knownData(model({ columns: ['x1', 'x2'] }), MOONS)).toMatchObject({
      title: 'moons',
      origin: { ...MOONS, apart: false },
    });
    const { title, origin, data } = knownData(model({ columns: ['share', 'rate'] }), TABLE)!;
    expect([title, origin, data.classes]).toEqual([
      'shares.csv',
      { kind: 'at-hand', apart: false },
      undefined,
    ]);
  });

  it('does not take other columns for its own, nor other domains, nor data that are refused', () => {
    const named = model({ columns: ['share', 'rate'] });
    expect(knownData(named, MOONS)).toBeUndefined();
    expect(knownData(named, undefined)).toBeUndefined();
    expect(knownData(named, { ...TABLE, columns: ['rate', 'share'] })).toBeUndefined();
    expect(knownData(named, { ...TABLE, rows: new Float32Array(40) })).toBeUndefined();
    expect(knownData(model({ columns: ['x1', 'x2', 'x3'] }, 3), MOONS)).toBeUndefined();
    const spec = realnvp(2, { couplings: 1, hidden: [4], domain: 'unit' });
    expect(knownData({ ...model({}), spec }, MOONS)).toBeUndefined();
  });

  it('goes on with the toy density that it names, whatever is at hand', () => {
    const circles = { columns: ['x1', 'x2'], dataset: 'circles', options: { noise: 0.07 } };
    for (const atHand of [MOONS, { ...TABLE, columns: ['x1', 'x2'] }, undefined]) {
      expect(knownData(model(circles), atHand)).toMatchObject({
        title: 'circles',
        origin: { kind: 'toy', name: 'circles', size: 'endless', noise: 0.07, apart: false },
      });
    }
  });

  it('has the data told apart as it does, whether or not they were', () => {
    const context = [{ name: 'moon', levels: ['upper', 'lower'] }];
    expect(knownData(model({ context }, 2, 2), MOONS)?.origin).toEqual({ ...MOONS, apart: true });
    expect(knownData(model({}), { ...MOONS, apart: true })?.origin).toEqual({ ...MOONS, apart: false });
    const kinds = knownData(model({ context: [TABLE.labels!.column] }, 2, 2), TABLE);
    expect(kinds?.origin).toEqual({ kind: 'at-hand', apart: true });
    expect(kinds?.data.classes?.column).toEqual(TABLE.labels!.column);
  });

  it('of one column is refused in words', () => {
    const one: ModelFacts = { ...model({ columns: ['pos'] }), dim: 1 };
    expect(() => knownData(one, MOONS)).toThrow(
      'columns of the model: found one, "pos", expected two or more. The pictures show two.',
    );
  });

  it('is told of with its data', () => {
    const own = {
      fileName: "a'b.safetensors",
      settings: startOf('realnvp'),
      title: "a'b",
      columns: ['share', 'rate', 'pos'],
      origin: { kind: 'own-samples' },
      steps: 700,
    } as const;
    const mine = { ...own, columns: [...own.columns] };
    expect(describeOpened(mine)).toMatch(/Its data are not here: it trains on its own samples/);
    expect(describeOwnSamples(mine)).toMatch(/with 3 columns: share, rate, pos\./);
    expect(isAccountedFor(mine)).toBe(false);
    expect(describeTraining(mine)).toMatch(/was trained for 700 steps before/);
    expect(describeTraining({ ...mine, steps: 1 })).toMatch(/for 1 step before/);
    expect(describeTraining({ ...mine, steps: null })).toMatch(/does not say how it was trained/);
    const known = {
      ...mine,
      title: 'moons',
      origin: { kind: 'toy', name: 'moons', size: 'endless' },
    } as const;
    expect(describeOpened(known)).toMatch(/Train goes on from it with moons/);
    expect([isAccountedFor(known), isAccountedFor({ ...known, settings: null })]).toEqual([true, false]);
    expect(codeOfFile(mine.fileName, 'b')).toMatch(
      /Flow\.load\(await readFile\('a\\'b\.safetensors'\).*encodeContext\(flow\.training\.context, \[\['b'\]\]\)/s,
    );
  });
});
