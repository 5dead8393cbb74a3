/** The visitor's choices about the model beyond its size. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { realnvp } from '../../src/presets/index.ts';
import type { FlowSpec, TrainingRecord } from '../../src/index.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import {
  canvas,
  demoForTests,
  downloaded,
  expectSoon,
  look,
  numbersIn,
  openModel,
  openTable,
  pagesOf,
  samples,
  savedModel,
  seriousFindings,
  SMALL,
  step,
  trainSome,
} from './visit.ts';

const onPage = pagesOf(demoForTests());

/** A model as the command line writes it. */
function modelFile(spec: FlowSpec, record: Partial<TrainingRecord>): Buffer {
  const training = { steps: 50, seed: 1, library: 'wgflow', ...record };
  return Buffer.from(encodeModel({ spec, parameters: initialParameters(spec, 1), training }));
}

/** Values at the ends of this one's rounding interval of a hundredth, and the value itself. */
function around(value: number): number[] {
  return [-0.005, 0, 0.005].map((change) => value + change);
}

describe('a model that is shown', () => {
  const verdict = (page: Page) => page.textContent('#verdict');

  it('is never said to be untrained if it came trained: with the page, or from a file', () =>
    onPage('', async (page) => {
      await expectSoon(() => page.textContent('#status')).toMatch(/^This flow was trained earlier\./);
      expect(await verdict(page)).toMatch(/^Trained earlier, to 0\.\d\d nats above the best/);
      const file = await savedModel(page);
      await openModel(page, file);
      await expectSoon(() => verdict(page)).toMatch(
        /^mine\.safetensors was trained for [\d,]+ steps before\./,
      );
      const unrecorded = encodeModel({
        spec: realnvp(2, { couplings: 2, hidden: [8] }),
        parameters: initialParameters(realnvp(2, { couplings: 2, hidden: [8] }), 1),
      });
      await openModel(page, Buffer.from(unrecorded), 'bare.safetensors');
      await expectSoon(() => verdict(page)).toMatch(/^bare\.safetensors does not say how it was trained\./);
      await page.click('#step');
      await expectSoon(() => verdict(page)).toMatch(/nats/);
      await page.click('#reset');
      await expectSoon(() => verdict(page)).toBe('Nothing trained yet.');
    }));

  it('keeps its words, its loss and its data if other settings are refused', () =>
    onPage(`${SMALL.replace('moons', 'file')}&domain=unit`, async (page) => {
      await page.click('label:has(input[value="moons"])');
      await expectSoon(() => page.textContent('#status')).toMatch(/^A fresh model/);
      await trainSome(page);
      const before = await verdict(page);
      expect(before).toMatch(/nats/);
      const negative = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(i)]);
      await openTable(page, 'waves.csv', [['a', 'b'], ...negative]);
      await expectSoon(() => page.textContent('#data-mistake')).toMatch(/expected a number between 0 and 1/);
      await expectSoon(() => page.textContent('#status')).toMatch(/^Nothing has changed/);
      expect(await verdict(page)).toBe(before);
      expect(await page.textContent('#density-words')).toMatch(/^Moons\. /);
      expect(await page.textContent('#code')).toContain(`{ toy: 'moons' }`);
    }));

  it('of more than two columns says whether its density is of the pair alone or a slice, and where', () =>
    onPage(SMALL, async (page) => {
      const words = () => page.textContent('#density-words');
      await expectSoon(words).toMatch(/^Moons\. /);
      expect(await words()).not.toMatch(/slice/);
      const far = Array.from({ length: 200 }, (_, i) => [
        Math.sin(i),
        5_400_000 + 50 * Math.cos(i),
        0.01 * Math.sin(2 * i) + 40,
        Math.cos(3 * i),
      ]);
      await openTable(page, 'far.csv', [['a', 'b', 'c', 'd'], ...far]);
      await expectSoon(words).toMatch(/It is the density of a and b alone/);
      expect(await page.textContent('#density-name')).toBe('p(a, b)');
      await expectSoon(async () => (await look(canvas(page, 'density'))).colours).toBeGreaterThan(20);
      await page.check('input[name="density"][value="slice"]');
      expect(page.url()).toContain('density=slice');
      await expectSoon(words).toMatch(
        /slice at the mean of the other columns: c (?:39\.99|40\.00)\d\d, d −?0\.\d\d\. The points are all of the data/,
      );
      expect(await page.textContent('#density-name')).toBe('a slice of p(x)');
      expect(await page.textContent('#grid-words')).toMatch(/other coordinates are 0/);
      await page.selectOption('#column-x', 'd');
      await expectSoon(words).toMatch(/slice at the mean of the other columns: a −?0\.0\d, c (?:39|40)\./);
      await page.uncheck('#show-data');
      await expectSoon(words).not.toMatch(/The points/);
      await page.click('label:has(input[value="moons"])');
      await expectSoon(words).toMatch(/^Moons\. /);
      expect(await words()).not.toMatch(/slice/);
      expect(await page.textContent('#density-name')).toBe('p(x)');
    }));
});

describe('residual nets', () => {
  it('have one width, are priced and trained, and come back with their file', () =>
    onPage(SMALL, async (page) => {
      const plain = await page.textContent('#price-parameters');
      await page.selectOption('#nets', '2');
      await expectSoon(() => page.inputValue('#hidden')).toBe('16');
      await expectSoon(() => page.textContent('#price-parameters')).not.toBe(plain);
      await expectSoon(() => page.url()).toContain('hidden=16&blocks=2&');
      await expectSoon(() => page.textContent('#code')).toContain('hidden: [16], residualBlocks: 2');
      await trainSome(page);
      const file = await savedModel(page);
      expect(decodeModel(file).spec.bijectors[1]).toMatchObject({
        conditioner: { hidden: [16], residualBlocks: 2 },
      });

      await page.fill('#hidden', '16, 8');
      await page.press('#hidden', 'Enter');
      await expectSoon(() => page.textContent('#model-mistake')).toMatch(/found 16, 8 .*expected one width/);
      await expectSoon(() => page.getAttribute('#hidden', 'aria-invalid')).toBe('true');
      await page.selectOption('#nets', '0');
      await expectSoon(() => page.locator('#model-mistake').isHidden()).toBe(true);

      await openModel(page, file);
      await expectSoon(() => page.inputValue('#nets')).toBe('2');
      await expectSoon(() => page.inputValue('#hidden')).toBe('16');
    }));
});

describe('a point of the first picture', () => {
  it('has its numbers, however early it is pointed at', () =>
    onPage(SMALL, async (page) => {
      await canvas(page, 'density').hover({ position: { x: 120, y: 140 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
    }));
});

describe('the base', () => {
  it('is the one whose log-density a point has', () =>
    onPage(`${SMALL}&base=mixture:2`, async (page) => {
      await expectSoon(() => page.inputValue('#base')).toBe('mixture:2');
      await trainSome(page);
      await canvas(page, 'density').hover({ position: { x: 120, y: 140 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
      const x = numbersIn(await page.textContent('#point-x'));
      const [shown] = numbersIn(await page.textContent('#point-log-prob'));
      const { spec, parameters } = decodeModel(await savedModel(page));
      const reference = new ReferenceFlow(spec, parameters);
      // The point is shown rounded to a hundredth, so log p may be that of any point that rounds to it,
      // rounded again.
      const places = around(x[0]!).flatMap((x1) => around(x[1]!).map((x2) => Float64Array.of(x1, x2)));
      const logProbs = places.map((place) => reference.logProb(place)[0]!);
      expect(shown).toBeGreaterThan(Math.min(...logProbs) - 0.01);
      expect(shown).toBeLessThan(Math.max(...logProbs) + 0.01);
      await expectSoon(() => page.textContent('#latent-words')).toMatch(/nats from a mixture of Gaussians/);
    }));

  it('ends in a box for splines alone, and says so where data lie beyond', () =>
    onPage('#v=1&data=banana&couplings=2&hidden=8&batch=64&steps=30', async (page) => {
      await expectSoon(() => page.locator('#base option[value="uniform"]').isDisabled()).toBe(true);
      await page.selectOption('#preset', 'spline');
      await page.selectOption('#base', 'uniform');
      await expectSoon(() => page.url()).toContain('base=uniform');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 30 steps are done.');
      await expectSoon(() => page.textContent('#verdict')).toMatch(/lie where its density is zero/);
      await page.selectOption('#preset', 'glow');
      await expectSoon(() => page.inputValue('#base')).toBe('student-t:10');
    }));
});

describe('moons that are told apart', () => {
  const apart = '#v=1&data=moons&parts=apart&couplings=4&hidden=16&batch=128&steps=400';

  it('are learned each by itself, and one of them is shown', () =>
    onPage(apart, async (page) => {
      await expectSoon(() => page.textContent('#apart-word')).toBe('Tell the moons apart');
      await expectSoon(() => page.textContent('#parts-shown label')).toBe('moon');
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['upper', 'lower']);
      await expectSoon(() => page.textContent('#code')).toContain('contextDim: 2');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 400 steps are done.');
      await expectSoon(() => page.textContent('#verdict')).toMatch(/any model that is told the moon can/);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons, upper\./);
      const pictures = ['density', 'samples', 'grid', 'layers'] as const;
      /** Distances from the top of each picture, 0 to 1. */
      const heights = () =>
        Promise.all(pictures.map(async (each) => (await look(canvas(page, each))).centre[1]));
      await page.locator('#layer').fill('0');
      await expectSoon(async () => Math.max(...(await heights()))).toBeLessThan(0.5);
      const upper = await samples(page);
      await page.locator('#part').focus();
      await page.keyboard.press('ArrowDown');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons, lower\./);
      await expectSoon(() => page.url()).toContain('part=2');
      await expectSoon(async () => Math.min(...(await heights()))).toBeGreaterThan(0.5);
      const lower = await samples(page);
      const meanHeight = (rows: number[]): number =>
        rows.reduce((sum, value, i) => sum + (i % 2 === 1 ? value : 0), 0) / (rows.length / 2);
      // The upper moon is 0.7 standard deviations above the middle, the lower one as far below.
      expect(meanHeight(upper)).toBeGreaterThan(0.4);
      expect(meanHeight(lower)).toBeLessThan(-0.4);
      await expectSoon(() => seriousFindings(page)).toEqual([]);
    }));

  it('come back with a model file, which brings its classes, until they are taken together', () =>
    onPage(apart, async (page) => {
      await page.click('#step');
      await expectSoon(() => step(page)).toBe(1);
      const file = await savedModel(page);
      const { spec, training } = decodeModel(file);
      expect(spec.contextDim).toBe(2);
      expect(training?.context).toEqual([{ name: 'moon', levels: ['upper', 'lower'] }]);

      await page.uncheck('#apart');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      await openModel(page, file);
      await expectSoon(() => page.locator('#part option').count()).toBe(2);
      await page.selectOption('#part', 'lower');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons, lower/);
      await expectSoon(() => page.isChecked('#apart')).toBe(true);
      await page.uncheck('#apart');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);

      const conditional = realnvp(2, { couplings: 1, hidden: [4], contextDim: 1 });
      await openModel(page, modelFile(conditional, { context: [{ name: 'age', mean: 40, std: 9 }] }));
      await expectSoon(() => page.textContent('#share-words')).toMatch(
        /found age \(numbers\), expected one column of at most 64 labels/,
      );
    }));

  it('fit a phone', () =>
    onPage(
      apart,
      async (page) => {
        await expectSoon(() => page.locator('#part').isVisible()).toBe(true);
        await expectSoon(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          360,
        );
      },
      { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    ));
});

describe('a model whose data are not here', () => {
  const plants = modelFile(realnvp(3, { couplings: 2, hidden: [8, 8] }), {
    columns: ['share', 'rate', 'pos'],
    options: { batch: 64 },
  });

  it('is shown as what it is, trained on its own samples in so many words, and gone with a reset', () =>
    onPage(SMALL, async (page) => {
      const words = (): Promise<string | null> => page.textContent('#share-words');
      const chosen = page.locator('input[name="source"]:checked');
      await openModel(page, plants, 'plants.safetensors');
      await expectSoon(() => page.textContent('#status')).toMatch(
        /^plants.safetensors is open. Its data are not here: it trains on its own samples/,
      );
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Plants\. /);
      await expectSoon(() => page.textContent('#own-samples')).toMatch(/with 3 columns: share, rate, pos/);
      await expectSoon(() => chosen.count()).toBe(0);
      await expectSoon(() => page.locator('#noise').isVisible()).toBe(false);
      await expectSoon(() => page.inputValue('#couplings')).toBe('2');
      await expectSoon(() => page.textContent('#code')).toContain(
        `Flow.load(await readFile('plants.safetensors')`,
      );
      await page.selectOption('#column-y', 'pos');
      await expectSoon(() => page.textContent('#samples-words')).toMatch(/^share .*, pos /);
      expect(page.url()).not.toContain('columns=0-2');
      await page.click('#copy-link');
      await expectSoon(words).toMatch(/none lead to plants.safetensors: send the file/);
      await page.click('#save-data');
      await expectSoon(words).toBe(
        'The data of plants.safetensors are not here. "Samples, CSV" draws new points of the model.',
      );
      const drawn = await downloaded(page, '#save-samples');
      expect(drawn.name).toBe('plants-samples.csv');
      expect(new TextDecoder().decode(drawn.bytes)).toMatch(/^share,rate,pos\n/);
      await page.click('#step');
      await expectSoon(() => page.textContent('#status')).toBe(
        'Paused at step 1. It trains on its own samples.',
      );
      await expectSoon(() => seriousFindings(page)).toEqual([]);

      await page.click('#reset');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons\. /);
      await expectSoon(() => chosen.inputValue()).toBe('moons');
      await expectSoon(() => page.locator('#noise').isVisible()).toBe(true);
      await expectSoon(() => page.locator('#pair').isVisible()).toBe(false);
      await expectSoon(() => page.textContent('#code')).toContain(`{ toy: 'moons' }`);
      await page.click('#copy-link');
      await expectSoon(words).toMatch(/on the clipboard/);

      await openModel(page, plants, 'plants.safetensors');
      await expectSoon(() => chosen.count()).toBe(0);
      await page.click('label:has(input[value="moons"])');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons\. /);
      await expectSoon(() => chosen.inputValue()).toBe('moons');
    }));

  it('is refused where it has one column; one that no settings make is told apart from them', () =>
    onPage(SMALL, async (page) => {
      const line: FlowSpec = { ...realnvp(2), dim: 1, bijectors: [{ type: 'standardize' }] };
      await openModel(page, modelFile(line, { columns: ['pos'] }));
      await expectSoon(() => page.textContent('#share-words')).toMatch(
        /found one, "pos", expected two or more/,
      );
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons\. /);
      await expectSoon(() => page.isChecked('input[value="moons"]')).toBe(true);

      const [first, ...rest] = realnvp(2, { couplings: 2, hidden: [8] }).bijectors;
      const odd: FlowSpec = { ...realnvp(2), bijectors: [first!, ...rest.toReversed()] };
      await openModel(page, modelFile(odd, { dataset: 'circles', columns: ['x1', 'x2'] }));
      await expectSoon(() => page.textContent('#model-note')).toMatch(
        /No settings here make mine.safetensors/,
      );
      await expectSoon(() => page.isChecked('input[value="circles"]')).toBe(true);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Circles\. /);
      await expectSoon(() => page.textContent('#code')).toContain('Flow.load');
      await page.click('#step');
      await expectSoon(() => page.textContent('#status')).toBe('Paused at step 1.');
      const { training } = decodeModel(await savedModel(page));
      expect([training?.options?.['batch'], training?.preset]).toEqual([64, undefined]);
      await page.click('#reset');
      await expectSoon(() => page.locator('#model-note').isHidden()).toBe(true);
      await expectSoon(() => page.textContent('#code')).toContain(`{ toy: 'circles' }`);
    }));
});

describe('the batch', () => {
  const words = (page: Page) => page.textContent('#batch-words');

  it('that fills the adapter is found when the visitor asks, and never during training', () =>
    onPage(SMALL, async (page) => {
      const button = page.locator('#batch-fill');
      await expectSoon(() => button.isEnabled()).toBe(true);
      expect(await words(page)).toBe('');
      await button.click();
      await expectSoon(() => words(page)).toMatch(
        /^This adapter is (full from|full at|not full at) [\d,]+ rows/,
      );
      const suggested = /^Use ([\d,]+)$/.exec((await button.textContent()) ?? '')?.[1];
      if (suggested !== undefined) {
        await button.click();
        await expectSoon(() => page.inputValue('#batch')).toBe(suggested.replace(',', ''));
        await expectSoon(() => words(page)).toMatch(/: your batch fills it\.$/);
      }
      await page.fill('#couplings', '3');
      await page.locator('#couplings').dispatchEvent('change');
      await expectSoon(() => words(page)).toBe('');
      await page.click('#train');
      await expectSoon(() => button.isDisabled()).toBe(true);
    }));

  it('is not found if training begins: it ends the measurement', () =>
    onPage(SMALL, async (page) => {
      const button = page.locator('#batch-fill');
      await expectSoon(() => button.isEnabled()).toBe(true);
      await button.click();
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(/^Step \d+/);
      expect(await words(page)).not.toMatch(/Timing/);
    }));
});
