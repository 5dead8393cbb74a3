import { describe, expect, it } from 'vitest';
import type { CheckpointFile } from '../../src/cli/modelInput.ts';
import {
  checkTrainOptions,
  fitOptionsOf,
  noiseOf,
  requireSameData,
  seedOf,
} from '../../src/cli/trainOptions.ts';
import type { TrainOptions } from '../../src/cli/trainOptions.ts';
import { ShapeError } from '../../src/errors.ts';
import { realnvp } from '../../src/presets/index.ts';

const set = { title: 'data', columns: ['a', 'b'], data: Float32Array.of(1, 2, 3, 4) };
const { signal } = new AbortController();

const checkpoint: CheckpointFile = {
  file: 'run.ckpt',
  bytes: new Uint8Array(),
  model: {
    spec: realnvp(2),
    parameters: new Float32Array(),
    training: { steps: 20, seed: 7, library: 'wgflow', preset: 'vanilla' },
    optimizer: {
      step: 20,
      firstMoment: new Float32Array(),
      secondMoment: new Float32Array(),
      settings: { steps: 50, batch: 16 },
    },
  },
};

describe('options of train that do not go together', () => {
  it.each<[string | undefined, TrainOptions, RegExp]>([
    [undefined, {}, /neither a data file nor --toy.*wgflow train --toy moons/],
    ['x.csv', { toy: 'moons' }, /both the data file x.csv and --toy moons/],
    [undefined, { toy: 'moons', columns: ['a', 'b'] }, /--columns a,b with --toy.*columns are x1, x2/],
    [undefined, { toy: 'moons', val: '0.1' }, /--val 0.1 with --toy.*fresh at every step/],
    [undefined, { toy: 'moons', domain: [{ domain: 'unit' }] }, /--domain unit with --toy/],
    ['x.csv', { resume: 'a', domain: [{ domain: 'unit' }] }, /--domain unit with --resume/],
    ['x.csv', { resume: 'a', base: { type: 'uniform', bound: 3 } }, /--base uniform with --resume/],
    ['x.csv', { noise: 0.1 }, /--noise 0.1 with a data file/],
    ['x.csv', { patience: 3, val: 'none' }, /--patience 3 with --val none/],
    [undefined, { toy: 'moons', patience: 3 }, /--patience 3 with --toy/],
    ['x.csv', { newData: true }, /--new-data without --resume/],
    ['x.csv', { resume: 'c', preset: 'vanilla' }, /--preset vanilla with --resume.*The model comes from/],
    ['x.csv', { resume: 'c', couplings: 3 }, /--couplings 3 with --resume/],
    ['x.csv', { resume: 'c', hidden: [8, 8] }, /--hidden 8,8 with --resume/],
    ['x.csv', { resume: 'c', residualBlocks: 2 }, /--residual-blocks 2 with --resume/],
    [
      'x.csv',
      { hidden: [8, 8], residualBlocks: 2 },
      /--hidden: found 8,8 with --residual-blocks 2, expected one/,
    ],
    ['x.csv', { checkpoint: './m', out: 'm' }, /m for both --checkpoint and --out/],
    ['x.csv', { out: 'x.csv' }, /x.csv for both --out and the data, expected two files/],
    ['x.csv', { val: 'v.csv', checkpoint: 'v.csv' }, /v.csv for both --checkpoint and --val/],
    ['x.csv', { report: 'r', checkpoint: 'r/model.safetensors' }, /for both --checkpoint and --report/],
    ['x.csv', { resume: 'c', out: 'c' }, /c for both --out and --resume/],
    ['x.csv', { resume: 'c', settings: { seed: 3 } }, /--seed 3 with --resume/],
    ['x.csv', { base: { type: 'class_conditional' } }, /--base class without --context/],
  ])('are refused with a sentence: %s %o', (file, options, sentence) => {
    expect(() => checkTrainOptions(file, options)).toThrow(ShapeError);
    expect(() => checkTrainOptions(file, options)).toThrow(sentence);
  });

  it('leave the others alone', () => {
    expect(() => checkTrainOptions('x.csv', { val: '0.1', patience: 3, resume: 'c' })).not.toThrow();
    expect(() => checkTrainOptions(undefined, { toy: 'moons', noise: 0.1, checkpoint: 'm' })).not.toThrow();
    expect(() => checkTrainOptions('x.csv', { resume: 'c', checkpoint: 'c', out: '-' })).not.toThrow();
  });
});

describe('a checkpoint', () => {
  const circles: CheckpointFile = {
    ...checkpoint,
    model: {
      ...checkpoint.model,
      training: { ...checkpoint.model.training, dataset: 'circles', options: { noise: 0.2 } },
    },
  };

  it.each<[string | undefined, TrainOptions, CheckpointFile, RegExp]>([
    [undefined, { toy: 'moons' }, circles, /found --toy moons, expected --toy circles, as in run.ckpt/],
    ['x.csv', {}, circles, /found the file x.csv, expected --toy circles, as in run.ckpt/],
    [undefined, { toy: 'moons' }, checkpoint, /found --toy moons, expected a data file, as in run.ckpt/],
    [undefined, { toy: 'circles', noise: 0.1 }, circles, /--noise: found 0.1, expected 0.2, as in run.ckpt/],
  ])('is not resumed with other data: %s %o', (file, options, resumed, sentence) => {
    expect(() => requireSameData(file, options, resumed)).toThrow(ShapeError);
    expect(() => requireSameData(file, options, resumed)).toThrow(sentence);
  });

  it('is resumed with its own data, and keeps the noise of its toy density', () => {
    expect(() => requireSameData('x.csv', {}, checkpoint)).not.toThrow();
    expect(() => requireSameData(undefined, { toy: 'circles' }, circles)).not.toThrow();
    expect(() => requireSameData(undefined, { toy: 'circles', noise: 0.2 }, circles)).not.toThrow();
    expect(noiseOf({ toy: 'circles' }, circles)).toBe(0.2);
    expect(noiseOf({ toy: 'circles' }, undefined)).toBeUndefined();
    expect(noiseOf({ toy: 'circles', noise: 0.3 }, undefined)).toBe(0.3);
  });
});

describe('what the training is asked to do', () => {
  it("leaves to the flow's preset what is not asked for", () => {
    const asked = fitOptionsOf(
      set,
      { settings: { learningRate: 2 } },
      { resumed: undefined, usualSteps: 3000, signal },
    );
    expect(asked).toMatchObject({
      steps: 3000,
      learningRate: 2,
      seed: 0,
      resume: false,
      columns: ['a', 'b'],
    });
    expect([asked.preset, asked.schedule, asked.clipNorm]).toEqual(Array(3).fill(undefined));
    // The set holds nothing out, as after --val none.
    expect(asked.validation).toBe(false);
  });

  it("keeps the checkpoint's settings, seed and steps where it resumes", () => {
    const asked = fitOptionsOf(set, {}, { resumed: checkpoint, usualSteps: 3000, signal });
    expect(asked).toMatchObject({ steps: 50, seed: 7, preset: 'vanilla', resume: true });
    // The trainer takes undefined options from the checkpoint.
    expect([asked.batch, asked.learningRate, asked.schedule, asked.clipNorm]).toEqual(
      Array(4).fill(undefined),
    );
    expect(seedOf({ settings: { seed: 3 } }, checkpoint)).toBe(3);
  });

  it('resumes a run that has its steps, and refuses fewer', () => {
    const resume = (steps: number) =>
      fitOptionsOf(set, { settings: { steps } }, { resumed: checkpoint, usualSteps: 3000, signal });
    expect(resume(20).steps).toBe(20);
    expect(() => resume(19)).toThrow(/--steps: found 19, expected at least the 20 that run.ckpt has done/);
  });
});
