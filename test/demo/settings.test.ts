import { describe, expect, it } from 'vitest';
import { dataSetOf, fitsDomains } from '../../demo/engine/dataSet.ts';
import { fitOptionsOf, settingsOf, specOf } from '../../demo/engine/modelSettings.ts';
import { toyClasses } from '../../demo/classes.ts';
import { startOf } from '../../demo/presets.ts';
import { labelsOf } from '../../demo/labels.ts';
import { PRESETS, TOY_NAMES, toyDensity } from '../../src/index.ts';
import type { PresetName } from '../../src/index.ts';

describe('model settings', () => {
  const names = Object.keys(PRESETS) as PresetName[];

  it.each(names)('of %s make its spec, and are found again in it', (preset) => {
    const settings = { ...startOf(preset), couplings: 3, hidden: [16, 16] };
    const spec = specOf(settings, 2);
    expect(spec).toEqual(PRESETS[preset].spec(2, { couplings: 3, hidden: [16, 16] }));
    expect(settingsOf(spec, undefined)).toEqual(settings);
  });

  it('can give couplings another scale map', () => {
    const spec = specOf({ ...startOf('realnvp'), scale: 'sigmoid' }, 2);
    expect(spec.bijectors[1]).toMatchObject({ scale: { map: 'sigmoid' } });
    expect(settingsOf(spec, undefined)?.scale).toBe('sigmoid');
  });

  it('can give the latent another base', () => {
    const spec = specOf({ ...startOf('realnvp'), base: 'mixture' }, 2);
    expect(spec.base).toEqual({ type: 'mixture', components: 4 });
    expect(settingsOf(spec, undefined)?.base).toBe('mixture');
    expect(specOf({ ...startOf('spline'), base: 'uniform' }, 2).base).toEqual({
      type: 'uniform',
      bound: 3,
    });
    expect(settingsOf({ ...spec, base: { type: 'mixture', components: 9 } }, undefined)).toBeUndefined();
  });

  it('can give couplings residual nets', () => {
    const settings = { ...startOf('spline'), hidden: [32], residualBlocks: 2 };
    const spec = specOf(settings, 3);
    expect(spec).toEqual(PRESETS.spline.spec(3, { couplings: 4, hidden: [32], residualBlocks: 2 }));
    expect(settingsOf(spec, undefined)).toMatchObject({ preset: 'spline', residualBlocks: 2, hidden: [32] });
  });

  it('can map bounded data first, which the data know and not the settings', () => {
    const settings = { ...startOf('glow'), couplings: 2 };
    const spec = specOf(settings, 2, { domains: ['unit', 'unit'] });
    expect(spec).toEqual(PRESETS.glow.spec(2, { couplings: 2, hidden: [32, 32], domain: 'unit' }));
    expect(settingsOf(spec, undefined)).toEqual(settings);
  });

  it('take the training of a file where it says it', () => {
    const options = { batch: 64, learningRate: 0.25, schedule: 'constant' };
    const record = { steps: 7, seed: 9, library: 'wgflow', options };
    const settings = settingsOf(specOf(startOf('vanilla'), 2), record);
    expect(settings).toMatchObject({
      batch: 64,
      learningRate: 0.25,
      schedule: 'constant',
      steps: 7,
      seed: 9,
    });
    expect(fitOptionsOf(settings!, ['a', 'b'])).toMatchObject({
      steps: 7,
      schedule: { kind: 'constant' },
      clipNorm: 10,
      columns: ['a', 'b'],
    });
  });

  it('are unknown for a flow that no preset makes', () => {
    const spec = specOf({ ...startOf('realnvp'), couplings: 2 }, 2);
    expect(settingsOf({ ...spec, bijectors: spec.bijectors.slice(1) }, undefined)).toBeUndefined();
  });

  it('refuse a preset and a number of couplings that there are not', () => {
    expect(() => specOf({ ...startOf('realnvp'), preset: 'toString' as PresetName }, 2)).toThrow('preset');
    expect(() => specOf({ ...startOf('realnvp'), couplings: 0 }, 2)).toThrow('couplings');
  });
});

describe('classes that are told apart', () => {
  it.each(TOY_NAMES)('have a name each in %s, where there are some', (name) => {
    const { classes } = toyDensity(name);
    expect(toyClasses(name)?.levels.length ?? 1).toBe(classes);
  });

  it('are a context of the spec, which settings do not know', () => {
    const settings = { ...startOf('spline'), base: 'class' as const };
    const spec = specOf(settings, 2, { classes: 5 });
    expect(spec).toMatchObject({ contextDim: 5, base: { type: 'class_conditional' } });
    expect(settingsOf(spec, undefined)).toEqual(settings);
  });

  it('of a toy set come with its points, and lower the floor', () => {
    const moons = { kind: 'toy', name: 'moons', apart: true } as const;
    const { classes, floor, shown } = dataSetOf({ ...moons, size: 'endless' });
    expect(classes).toMatchObject({ column: { name: 'moon' }, training: undefined });
    expect(floor()).toBe(toyDensity('moons').classEntropy);
    const upper = Array.from({ length: shown.length / 2 }, (_, row) => row).filter(
      (row) => classes!.shown[2 * row] === 1,
    );
    const height = upper.reduce((sum, row) => sum + shown[2 * row + 1]!, 0) / upper.length;
    expect(height).toBeGreaterThan(0.5);
    expect(dataSetOf({ ...moons, size: 100 }).classes?.training).toHaveLength(200);
    expect(dataSetOf({ ...moons, name: 'banana', size: 'endless' }).classes).toBeUndefined();
  });

  it('of a table stay with their rows when some are held out', () => {
    const of = Uint8Array.from({ length: 100 }, (_, row) => row % 3);
    const rows = Float32Array.from({ length: 200 }, (_, i) => of[i >> 1]! + ((i * 7) % 11) / 100);
    const labels = { column: { name: 'kind', levels: ['a', 'b', 'c'] }, of };
    const { kept, classes, validation } = dataSetOf({
      kind: 'rows',
      rows,
      columns: ['u', 'v'],
      title: '',
      labels,
    });
    for (const [values, told] of [
      [kept, classes!.training!],
      [validation, classes!.validation],
      [kept, classes!.shown],
    ] as const) {
      const levels = Array.from({ length: values.length / 2 }, (_, row) => Math.floor(values[2 * row]!));
      expect([...labelsOf(labels.column, told).of]).toEqual(levels);
    }
  });
});

describe('a data set', () => {
  const rows = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) + (i % 3));

  it('of a toy is endless, with fresh points to show and to score', () => {
    const set = dataSetOf({ kind: 'toy', name: 'moons', size: 'endless' });
    expect(set.training).toEqual({ toy: 'moons', noise: toyDensity('moons').noise });
    expect(set.kept).toHaveLength(0);
    expect(set.floor()).toBe(toyDensity('moons').entropy);
    expect(set.validation).not.toEqual(set.shown.slice(0, set.validation.length));
  });

  it('of a toy may be drawn once, at a size', () => {
    const set = dataSetOf({ kind: 'toy', name: 'spirals', size: 200 });
    expect(set.training).toHaveLength(400);
    expect(set.shown).toBe(set.training);
  });

  it('of a visitor holds a tenth out, however few there are, and loses no row', () => {
    const columns = ['a', 'b', 'c'];
    const set = dataSetOf({ kind: 'rows', rows, columns, title: '' });
    expect([set.kept.length, set.validation.length, set.heldOut]).toEqual([270, 30, 10]);
    const together = new Float32Array([...set.kept, ...set.validation]);
    expect(together.toSorted()).toEqual(rows.toSorted());
    expect(set.floor()).toBeNull();
    const few = dataSetOf({ kind: 'rows', rows: rows.slice(0, 36), columns, title: '' });
    expect([few.kept.length, few.validation.length, few.heldOut]).toEqual([33, 3, 1]);
    const many = Float32Array.from({ length: 90_000 }, (_, i) => Math.sin(i));
    const large = dataSetOf({ kind: 'rows', rows: many, columns, title: '' });
    expect([large.heldOut, large.validation.length / 3]).toEqual([3000, 2048]);
  });

  it('of a visitor knows what a Gaussian makes of the rows held out', () => {
    const normal = (i: number): number =>
      Math.sqrt(-2 * Math.log((((i * 7919) % 10_007) + 0.5) / 10_007)) * Math.cos(2.399963 * i);
    const pairs = Float32Array.from({ length: 8000 }, (_, i) =>
      i % 2 === 0 ? 3 * normal(i) : 3 * normal(i - 1) + 0.1 * normal(i + 20_001),
    );
    const set = dataSetOf({ kind: 'rows', rows: pairs, columns: ['a', 'b'], title: '' });
    // The entropy of a Gaussian with these standard deviations; the fit sees that the columns are correlated.
    expect(set.gaussianNll()).toBeCloseTo(1 + Math.log(2 * Math.PI) + Math.log(3 * 0.1), 0);
    const twice = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i >> 1));
    expect(dataSetOf({ kind: 'rows', rows: twice, columns: ['a', 'b'], title: '' }).gaussianNll()).toBeNull();
    expect(dataSetOf({ kind: 'toy', name: 'moons', size: 200 }).gaussianNll()).toBeNull();
  });

  it('of a visitor may lie in a domain, and says where it does not', () => {
    const columns = ['length', 'width'];
    const shares = { kind: 'rows', rows: Float32Array.of(0.1, 0.2, 0.3, 0.5), columns, title: '' } as const;
    const set = dataSetOf({ ...shares, domains: ['unit', 'unit'] });
    expect(set.domains).toEqual(['unit', 'unit']);
    expect(fitsDomains(set, ['unit', 'positive'])).toBe(true);
    const outside = { ...shares, rows: Float32Array.of(0.1, 0.2, 0.3, 1) };
    expect(fitsDomains(dataSetOf(outside), ['real', 'unit'])).toBe(false);
    expect(() => dataSetOf({ ...outside, domains: ['unit', 'unit'] })).toThrow(
      /row 2, column "width".*found 1, expected a number between 0 and 1/,
    );
  });

  it.each<[string, number[], string]>([
    ['one row', [1, 2], 'expected at least 2'],
    ['a value that is no number', [1, 2, 3, NaN], 'row 2, column "width"'],
    ['a constant column', [1, 2, 1, 3, 1, 4], 'no spread in "length"'],
  ])('refuses %s, in words for its owner', (_, values, message) => {
    const settings = {
      kind: 'rows',
      rows: Float32Array.from(values),
      columns: ['length', 'width'],
      title: '',
    } as const;
    expect(() => dataSetOf({ ...settings, columns: [...settings.columns] })).toThrow(message);
  });
});
