/** Each sentence of the page about a run, and the facts under which it is said. */
import { describe, expect, it } from 'vitest';
import {
  DENSITY_COLOURS,
  DENSITY_NAMES,
  LATENT,
  OTHER_COLUMNS,
  SAMPLES,
  TYPICAL_POINTS,
} from '../../demo/page/words/pictures.ts';
import type { DensityFacts } from '../../demo/page/words/pictures.ts';
import { PAIRS } from '../../demo/page/words/compare.ts';
import type { PairFacts } from '../../demo/page/words/compare.ts';
import { FAILURES, PREDICTIONS, SCORES } from '../../demo/page/words/lesson.ts';
import type { PredictionFacts } from '../../demo/page/words/lesson.ts';
import { firstTrue } from '../../demo/page/words/sentence.ts';
import type { Sentences } from '../../demo/page/words/sentence.ts';
import { AGES, ASIDE, ENDINGS, MISSING, PROCESSOR, RETURNS, STEPS } from '../../demo/page/words/status.ts';
import { REMARKS, VERDICTS } from '../../demo/page/words/verdict.ts';
import type { Standing } from '../../demo/page/words/verdict.ts';
import type { Ending } from '../../demo/protocol.ts';

/** Each sentence is said of its example, and the examples are of all sentences. */
function saysAll<Facts>(
  sentences: Sentences<Facts>,
  usual: Facts,
  examples: Record<string, [change: Partial<Facts>, words: RegExp]>,
): void {
  it('has an example of each sentence', () => {
    expect(Object.keys(examples).sort()).toEqual(Object.keys(sentences).sort());
  });

  it.each(Object.entries(examples))('%s', (name, [change, words]) => {
    const said = firstTrue(sentences, { ...usual, ...change });
    expect(said.name).toBe(name);
    expect(said.words).toMatch(words);
  });
}

const STANDING: Standing = {
  step: 1000,
  training: 1.16,
  validation: 1.151,
  validationError: 0.02,
  floor: 1.131,
  gaussianNll: null,
  given: null,
  isBounded: false,
  hasDiverged: false,
  keepsBest: false,
  isResting: false,
  rise: null,
  isFinite: false,
  start: 2.8,
  origin: null,
};
const ROWS = { floor: null, validation: 1.1 };

describe('the verdict', () => {
  saysAll(VERDICTS, STANDING, {
    diverged: [{ hasDiverged: true }, /^Training has diverged/],
    elsewhere: [{ step: 0, origin: 'It was trained elsewhere.' }, /^It was trained elsewhere\.$/],
    untrained: [{ step: 0 }, /^Nothing trained yet\.$/],
    unscored: [{ training: null, validation: null }, /^Trained, but its loss is not known yet\.$/],
    outside: [{ validation: Infinity, isBounded: true }, /the base ends before they do/],
    underflow: [{ validation: Infinity }, /too small for a number/],
    notANumber: [{ validation: NaN }, /is not a number: the model has diverged/],
    fallen: [{ training: 40, validation: 40 }, /^37\.20 nats worse than at the start: training has diverged/],
    fallenOnHeldOut: [{ validation: 40 }, /worse than at the start on held-out points/],
    belowFloor: [{ validation: 0.9 }, /^0\.23 nats below the best any model can do, which cannot be/],
    luckyAtFloor: [{ validation: 1.1 }, /better by chance/],
    atFloor: [{ validation: 1.132 }, /^At the floor: 0\.005 nats or less/],
    nearFloor: [{}, /all but done\.$/],
    softEdges: [{ validation: 1.3 }, /the edges are still soft\.$/],
    farFromFloor: [{ validation: 1.9, given: 'moon' }, /that is told the moon can do: much to learn yet\.$/],
    uselesslyFar: [{ validation: 500, start: null }, /the density of some points is almost zero\.$/],
    betterThanGaussian: [{ ...ROWS, gaussianNll: 2 }, /0\.90 nats better than a Gaussian/],
    asGoodAsGaussian: [{ ...ROWS, gaussianNll: 1.1 }, /still no better than a Gaussian/],
    worseThanGaussian: [{ ...ROWS, gaussianNll: 1, isResting: true }, /0\.10 nats worse than .*Train on/],
    noBetterYet: [{ floor: null, start: 1.1 }, /no better than at the start yet\.$/],
    betterThanStart: [{ floor: null }, /5\.2 times as probable per point as at the start/],
  });
});

const score = { step: 100, nll: 1, error: 0.1 };
describe('the remark on memory', () => {
  saysAll(REMARKS, STANDING, {
    byHeart: [
      { isFinite: true, rise: { best: score, last: { ...score, nll: 2 }, scores: 3 } },
      /1\.00 nats worse in the last 3 scores: it has begun to learn yours by heart/,
    ],
    none: [{ isFinite: true }, /^$/],
  });
});

const DENSITY: DensityFacts = {
  title: 'Moons',
  colours: 'linear',
  showData: true,
  part: null,
  nll: 1.15,
  pair: ['a', 'b'],
  others: [],
  kind: 'marginal',
};
const MORE = { others: [{ name: 'c', mean: 40, std: 0.01 }] };
const PART = { part: { column: 'moon', level: 'upper' } };

describe('the name of the density', () => {
  saysAll(DENSITY_NAMES, DENSITY, {
    slice: [{ ...MORE, kind: 'slice' }, /^a slice of p\(x\)$/],
    marginal: [{ ...MORE, colours: 'log' }, /^log p\(a, b\)$/],
    withData: [PART, /^p\(x \| moon = upper\), with the data$/],
    whole: [{ showData: false, colours: 'log' }, /^log p\(x\)$/],
  });
});

describe('the colours of the density', () => {
  saysAll(DENSITY_COLOURS, DENSITY, {
    log: [{ colours: 'log' }, /log p is higher$/],
    linear: [{}, /where p is higher$/],
  });
});

describe('the log-density of a typical point', () => {
  saysAll(TYPICAL_POINTS, DENSITY, {
    unknown: [{ nll: null }, /^\.$/],
    farOut: [{ nll: 9.8e18 }, /some points have next to none/],
    ofAllClasses: [PART, /^; over every moon, a typical point has log p −1\.15\.$/],
    typical: [{}, /^; a typical point has log p −1\.15\.$/],
  });
});

describe('the other columns of the density', () => {
  saysAll(OTHER_COLUMNS, DENSITY, {
    none: [{}, /^$/],
    marginal: [MORE, /the density of a and b alone/],
    sliceWithData: [{ ...MORE, kind: 'slice' }, /slice at .* c 40\.00\. The points are all of the data/],
    slice: [{ ...MORE, kind: 'slice', showData: false }, /slice at .* c 40\.00\.$/],
  });
});

describe('the samples', () => {
  saysAll(
    SAMPLES,
    { moments: { mean: [0, 1], std: [1, 2], correlation: -0.5 }, pair: ['a', 'b'] },
    {
      unseen: [{ moments: null }, /^New points from the model, a across and b up\.$/],
      diverged: [{ moments: { mean: [NaN, 1], std: [1, 2], correlation: 0 } }, /it has diverged\.$/],
      moments: [{}, /^a 0\.00 ± 1\.00, b 1\.00 ± 2\.00, correlation −0\.50\.$/],
    },
  );
});

describe('the latent cloud', () => {
  saysAll(
    LATENT,
    { gap: 0.3, base: 'mixture' },
    {
      unknown: [{ gap: null }, /^The data as the model sees them\. Rings at 1, 2 and 3 from the middle/],
      allBut: [{ gap: 0.02 }, /^All but a mixture of Gaussians: 0\.02 nats from it/],
      still: [{}, /^Still 0\.30 nats from a mixture of Gaussians/],
    },
  );
});

const ENDING: Ending = { cause: 'done', step: 900, steps: 900, heldOut: null, best: null };
describe('the end of training', () => {
  saysAll(ENDINGS, ENDING, {
    refused: [{ cause: 'refused' }, /^Nothing has changed/],
    failed: [{ cause: 'diverged', failure: 'It is lost.' }, /^It is lost\.$/],
    paused: [{ cause: 'paused', step: 7 }, /^Paused at step 7\.$/],
    early: [
      { cause: 'early', step: 700, heldOut: 20, best: 500 },
      /^Stopped at step 700 of 900, as the score on 20 rows held out .* of step 500\.$/,
    ],
    scored: [{ heldOut: 0, best: 0 }, /Scored on new points\. .*before the first step\.$/],
    done: [{}, /^All 900 steps are done\.$/],
  });
});

describe('the steps', () => {
  saysAll(
    STEPS,
    { isTraining: true, isOnOwnSamples: false, step: 7, steps: 900 },
    {
      training: [{ isOnOwnSamples: true }, /^Step 7 of 900, on its own samples$/],
      paused: [{ isTraining: false }, /^Paused at step 7 of 900$/],
    },
  );
});

describe('the step of a picture', () => {
  saysAll(
    AGES,
    { isShown: true, isTraining: true, step: 1200, now: 1300, ms: 4200 },
    {
      foreign: [{ isShown: false }, /^$/],
      old: [{}, /^step 1,200, 4 s old$/],
      current: [{ ms: 1900 }, /^step 1,200$/],
    },
  );
});

describe('the return of a run', () => {
  saysAll(
    RETURNS,
    { isDone: false, step: 7, steps: 9000 },
    {
      done: [{ isDone: true }, /^The run is back, as it ended at step 7 of 9,000\.$/],
      paused: [{}, /at step 7 of 9,000\. Train goes on\.$/],
    },
  );
});

describe('missing data', () => {
  saysAll(
    MISSING,
    { source: 'file' },
    {
      file: [{}, /^Choose a file/],
      drawing: [{ source: 'drawing' }, /^Paint/],
    },
  );
});

describe('a model that is set aside', () => {
  saysAll(
    ASIDE,
    { title: 'moons', step: 1200 },
    {
      always: [{}, /^The model of moons, at step 1,200, is set aside\.$/],
    },
  );
});

describe('a prediction', () => {
  saysAll<PredictionFacts>(
    PREDICTIONS,
    { chosen: 'More', right: 'Less' },
    {
      held: [{ right: 'More' }, /^As you predicted\.$/],
      other: [{}, /^You predicted “More”\. It came out otherwise: “Less”\.$/],
      none: [{ right: undefined }, /^None of the answers fits this run\.$/],
    },
  );
});

describe('a lesson that cannot say', () => {
  saysAll(
    FAILURES,
    { isOff: false, hasDiverged: false, isChanged: false },
    {
      off: [{ isOff: true, isChanged: true }, /no WebGPU here/],
      changed: [{ isChanged: true }, /have been changed/],
      diverged: [{ hasDiverged: true }, /has diverged/],
      none: [{}, /^$/],
    },
  );
});

describe('the end of a lesson', () => {
  saysAll(
    SCORES,
    { right: 3, predicted: 4 },
    {
      unpredicted: [{ predicted: 0, right: 0 }, /^That was the last step\.$/],
      predicted: [{}, /3 of your 4 predictions came true\.$/],
    },
  );
});

describe('two models', () => {
  saysAll<PairFacts>(
    PAIRS,
    { isOff: false, diverged: [], step: 1200, losses: [1.5, 1.3] },
    {
      off: [{ isOff: true }, /no WebGPU/],
      diverged: [{ diverged: ['A', 'B'] }, /^Training of A and B has diverged\./],
      untrained: [{ step: 0 }, /^Both learn the same data/],
      level: [{ losses: [1.5, 1.51] }, /^At step 1,200 they are level: 1\.50 and 1\.51 nats\.$/],
      ahead: [{}, /^At step 1,200 B is 0\.20 nats better than A: 1\.30 against 1\.50 nats\.$/],
    },
  );
});

describe('training on the processor', () => {
  saysAll(
    PROCESSOR,
    { step: 30, steps: 600, ms: 41.6 },
    {
      training: [{}, /^A small flow on the processor, in float64: step 30 of 600, 41\.6 ms each\. Larger/],
      done: [{ step: 600 }, /^A small flow .*: all 600 steps are done\.$/],
    },
  );
});
