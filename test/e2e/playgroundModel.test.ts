/** What a visitor can choose of the model beyond its size. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { realnvp } from '../../src/flows/index.ts';
import type { FlowSpec, TrainingRecord } from '../../src/index.ts';
import { initialParameters } from '../../src/init.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import {
  canvas,
  demoForTests,
  downloaded,
  expectSoon,
  look,
  numbersIn,
  ready,
  seriousFindings,
  step,
  visit,
} from './visit.ts';

/** A small model that has steps left, whatever a test does. */
const SMALL = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=100000';

const demo = demoForTests();

/** What a visitor does with the page of that link; nothing may go wrong in it. */
async function onPage(
  hash: string,
  act: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const { page, problems, close } = await visit(demo.browser, demo.site.url + hash, options);
  try {
    await ready(page);
    await act(page);
    expect(problems).toEqual([]);
  } finally {
    await close();
  }
}

/** The file of the model that is shown. */
async function savedModel(page: Page): Promise<Buffer> {
  const { bytes } = await downloaded(page, '#save-model');
  return Buffer.from(bytes);
}

async function openModel(page: Page, buffer: Buffer, name = 'mine.safetensors'): Promise<void> {
  await page.setInputFiles('#open-model', { name, mimeType: 'application/octet-stream', buffer });
}

/** A model as the command line writes it. */
function modelFile(spec: FlowSpec, record: Partial<TrainingRecord>): Buffer {
  const training = { steps: 50, seed: 1, library: 'wgflow', ...record };
  return Buffer.from(encodeModel({ spec, parameters: initialParameters(spec, 1), training }));
}

async function openTable(
  page: Page,
  name: string,
  rows: readonly (readonly (number | string)[])[],
): Promise<void> {
  const text = rows.map((row) => row.join(',')).join('\n');
  await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

/** New rows of the model that is shown. */
async function samples(page: Page): Promise<number[]> {
  const { bytes } = await downloaded(page, '#save-samples');
  const [, ...rows] = new TextDecoder().decode(bytes).trim().split('\n');
  return rows.flatMap((row) => row.split(',').map(Number));
}

/** Numbers that are told as this one, to a hundredth. */
function around(value: number): number[] {
  return [-0.005, 0, 0.005].map((change) => value + change);
}

async function trainSome(page: Page): Promise<void> {
  await page.click('#train');
  await expectSoon(() => step(page)).toBeGreaterThan(3);
  await page.click('#train');
  // Steps on their way come to their end first.
  await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train');
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

  it('of more than two columns says under the density that it is a slice, and where', () =>
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
      await expectSoon(words).toMatch(
        /slice at the mean of the other columns: c (?:39\.99|40\.00)\d\d, d −?0\.\d\d\. The points are all of the data/,
      );
      expect(await page.textContent('#density-name')).toBe('a slice of log p(x)');
      expect(await page.textContent('#grid-words')).toMatch(/other coordinates are 0/);
      await page.selectOption('#column-x', 'd');
      await expectSoon(words).toMatch(/slice at the mean of the other columns: a −?0\.0\d, c (?:39|40)\./);
      await page.uncheck('#show-data');
      await expectSoon(words).not.toMatch(/The points/);
      await page.click('label:has(input[value="moons"])');
      await expectSoon(words).toMatch(/^Moons\. /);
      expect(await words()).not.toMatch(/slice/);
      expect(await page.textContent('#density-name')).toBe('log p(x), with the data');
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

describe('data between 0 and 1', () => {
  /** Most near the ends, so that a model of all numbers would leave them. */
  const shares = Array.from({ length: 300 }, (_, i) => [
    0.5 + 0.499 * Math.sin(1.7 * i),
    0.5 + 0.499 * Math.sin(2.9 * i + 1),
  ]);

  it('are learned within their domain: no density, no sample and no point outside', () =>
    onPage(`${SMALL}&points=hidden&colours=log`, async (page) => {
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'shares.csv', [['a', 'b'], ...shares]);
      await expectSoon(() => page.textContent('#file-words')).toMatch(/300 rows/);
      await page.selectOption('#domain', 'unit');
      await expectSoon(() => page.url()).toContain('data=file&domain=unit&');
      await expectSoon(() => page.textContent('#code')).toContain(`domain: 'unit'`);
      await trainSome(page);
      const density = canvas(page, 'density');
      // The picture shows 3 standard deviations, from about -0.55 to 1.55: the domain begins at a quarter of it.
      await expectSoon(async () => (await look(density, [0.3, 0.7])).colours).toBeGreaterThan(10);
      expect((await look(density, [0, 0.2])).drawn).toBe(0);
      expect((await look(density, [0.8, 1])).drawn).toBe(0);
      await density.hover({ position: { x: 150, y: 150 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
      await density.hover({ position: { x: 20, y: 150 } });
      await expectSoon(() => page.textContent('#point-x')).toBe('–');
      const drawn = await samples(page);
      expect(drawn).toHaveLength(10_000);
      expect(drawn.every((value) => value > 0 && value < 1)).toBe(true);

      const file = await savedModel(page);
      await page.check('input[name="source"][value="moons"]');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons/);
      await openModel(page, file);
      await expectSoon(() => page.textContent('#share-words')).toBe('mine.safetensors is open.');
      expect((await samples(page)).every((value) => value > 0 && value < 1)).toBe(true);
    }));

  it('with a value outside are refused in words, and trained on once that is mended', () =>
    onPage(SMALL, async (page) => {
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'shares.csv', [['a', 'b'], ...shares, [0.5, 1]]);
      await expectSoon(() => page.textContent('#file-words')).toMatch(/301 rows/);
      await page.selectOption('#domain', 'unit');
      const sentence = /row 301, column "b".*found 1, expected a number between 0 and 1/;
      await expectSoon(() => page.textContent('#data-mistake')).toMatch(sentence);
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(/^Nothing has changed/);
      await expectSoon(() => page.textContent('#train')).toBe('Train');
      await page.selectOption('#domain', 'positive');
      await expectSoon(() => page.locator('#data-mistake').isHidden()).toBe(true);
      await trainSome(page);
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
      // The point is told to a hundredth: log p at any place that is told so, and told to a hundredth itself.
      const places = around(x[0]!).flatMap((x1) => around(x[1]!).map((x2) => Float64Array.of(x1, x2)));
      const logProbs = places.map((place) => reference.logProb(place)[0]!);
      expect(shown).toBeGreaterThan(Math.min(...logProbs) - 0.01);
      expect(shown).toBeLessThan(Math.max(...logProbs) + 0.01);
      await expectSoon(() => page.textContent('#latent-words')).toMatch(/nats from a mixture of Gaussians/);
    }));

  it('ends in a box for splines alone, and says so where data lie beyond', () =>
    onPage('#v=1&data=banana&couplings=2&hidden=8&batch=64&steps=30', async (page) => {
      await expectSoon(() => page.locator('#base-uniform').isDisabled()).toBe(true);
      await page.selectOption('#preset', 'spline');
      await page.selectOption('#base', 'uniform');
      await expectSoon(() => page.url()).toContain('base=uniform');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 30 steps are done.');
      await expectSoon(() => page.textContent('#verdict')).toMatch(/no density at all/);
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
      /** From the top of a picture, 0 to 1. */
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
      // The upper moon is at 0.7 standard deviations above the middle, the lower one as far below.
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
      await expectSoon(() => page.textContent('#own-samples')).toMatch(/of 3 columns: share, rate, pos/);
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

describe('a table', () => {
  /** Noise, of which there is nothing to learn but by heart. */
  const noise = Array.from({ length: 200 }, (_, i) =>
    [0, 1, 2].map((j) => Math.sin(7919 * (3 * i + j + 1) ** 2)),
  );
  const eager = '#v=1&data=moons&family=spline&couplings=4&hidden=32-32&batch=128&rate=0.01&steps=4000';

  it('stops training by the rows held out, says so, and is set beside a Gaussian', () =>
    onPage(eager, async (page) => {
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(true);
      await openTable(page, 'noise.csv', [['a', 'b', 'c'], ...noise]);
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(false);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Noise\.csv/);
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(
        /^Stopped at step \d+ of 4000, as the score on 20 rows held out got no better\. The best parameters are kept/,
      );
      await expectSoon(() => page.textContent('#verdict')).toMatch(
        /nats on rows held out: .* a Gaussian fitted to the same rows\./,
      );
      expect(await page.textContent('#verdict')).not.toMatch(/by heart/);
      await expectSoon(() => page.textContent('#train')).toBe('Train again');
      const { training } = decodeModel(await savedModel(page));
      expect(training!.validation).toMatchObject({ rows: 20 });
      expect(training!.steps).toBeLessThan(4000);
    }));

  it('trains for all steps if it is told to', () =>
    onPage(eager.replace('4000', '60'), async (page) => {
      await openTable(page, 'noise.csv', [['a', 'b', 'c'], ...noise]);
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(false);
      await page.selectOption('#stop', 'last');
      await expectSoon(() => page.url()).toContain('&stop=last');
      await expectSoon(() => page.textContent('#code')).toContain('validation: false');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 60 steps are done.');
      expect(decodeModel(await savedModel(page)).training!.validation).toBeUndefined();
    }));
});

describe('a table with labels', () => {
  it('is learned as a whole, or label by label, with a mean for each', () =>
    onPage(SMALL, async (page) => {
      const row = (i: number) => [Math.sin(i) + (i % 3), Math.cos(2 * i), ['a', 'b', 'c, d'][i % 3]!];
      const quotedRows = Array.from({ length: 120 }, (_, i) =>
        row(i).map((cell) => (cell === 'c, d' ? '"c, d"' : cell)),
      );
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'kinds.csv', [['u', 'v', 'kind'], ...quotedRows]);
      await expectSoon(() => page.textContent('#file-words')).toBe(
        'kinds.csv: 120 rows, 2 columns, and kind as labels.',
      );
      await trainSome(page);
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      await expectSoon(() => page.locator('#base-class').isDisabled()).toBe(true);

      await page.check('#apart');
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['a', 'b', 'c, d']);
      await page.selectOption('#base', 'class');
      await expectSoon(() => page.url()).toContain('data=file&parts=apart&');
      await expectSoon(() => page.textContent('#code')).toMatch(/encodeContext.*class_conditional/s);
      await trainSome(page);
      const data = await downloaded(page, '#save-data');
      const lines = new TextDecoder().decode(data.bytes).split('\n');
      expect(lines[0]).toBe('u,v,kind');
      expect(lines[3]).toMatch(/,"c, d"$/);

      // Opened beside other data, the model brings samples of its own.
      const file = await savedModel(page);
      await page.check('input[name="source"][value="circles"]');
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['outer', 'inner']);
      await page.uncheck('#apart');
      await expectSoon(() => page.inputValue('#base')).toBe('student-t:10');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      await openModel(page, file);
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['a', 'b', 'c, d']);
      await expectSoon(() => page.inputValue('#base')).toBe('class');
      await page.check('input[name="source"][value="file"]');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      // Beside its own data it has them told apart again.
      await openModel(page, file);
      await expectSoon(() => page.isChecked('#apart')).toBe(true);
      await expectSoon(() => page.textContent('#status')).toMatch(/goes on from it with kinds\.csv/);
    }));
});
