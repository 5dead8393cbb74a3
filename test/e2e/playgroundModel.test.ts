/** What a visitor can choose of the model beyond its size. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/io/modelFile.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import { launchChromium } from './chromium.ts';
import { openDemoSite } from './demoSite.ts';
import type { DemoSite } from './demoSite.ts';
import { canvas, downloaded, expectSoon, look, numbersIn, ready, step, visit } from './visit.ts';

/** A small model that has steps left, whatever a test does. */
const SMALL = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=100000';

let site: DemoSite;
let browser: Browser;

beforeAll(async () => {
  site = await openDemoSite();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** What a visitor does with the page of that link; nothing may go wrong in it. */
async function onPage(hash: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, problems, close } = await visit(browser, site.url + hash);
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

async function openModel(page: Page, buffer: Buffer): Promise<void> {
  const name = 'mine.safetensors';
  await page.setInputFiles('#open-model', { name, mimeType: 'application/octet-stream', buffer });
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

async function trainSome(page: Page): Promise<void> {
  await page.click('#train');
  await expectSoon(() => step(page)).toBeGreaterThan(3);
  await page.click('#train');
}

describe('residual nets', () => {
  it('have one width, are priced and trained, and come back with their file', () =>
    onPage(SMALL, async (page) => {
      const plain = await page.textContent('#price-parameters');
      await page.selectOption('#nets', '2');
      expect(await page.inputValue('#hidden')).toBe('16');
      await expectSoon(() => page.textContent('#price-parameters')).not.toBe(plain);
      await expectSoon(() => page.url()).toContain('hidden=16&blocks=2&');
      expect(await page.textContent('#code')).toContain('hidden: [16], residualBlocks: 2');
      await trainSome(page);
      const file = await savedModel(page);
      expect(decodeModel(file).spec.bijectors[1]).toMatchObject({
        conditioner: { hidden: [16], residualBlocks: 2 },
      });

      await page.fill('#hidden', '16, 8');
      await page.press('#hidden', 'Enter');
      await expectSoon(() => page.textContent('#model-mistake')).toMatch(/found 16, 8 .*expected one width/);
      expect(await page.getAttribute('#hidden', 'aria-invalid')).toBe('true');
      await page.selectOption('#nets', '0');
      expect(await page.locator('#model-mistake').isHidden()).toBe(true);

      await openModel(page, file);
      await expectSoon(() => page.inputValue('#nets')).toBe('2');
      expect(await page.inputValue('#hidden')).toBe('16');
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
      expect(await page.textContent('#code')).toContain(`domain: 'unit'`);
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
      expect(await page.textContent('#train')).toBe('Train');
      await page.selectOption('#domain', 'positive');
      await expectSoon(() => page.locator('#data-mistake').isHidden()).toBe(true);
      await trainSome(page);
    }));
});

describe('the base', () => {
  it('is the one whose log-density a point has', () =>
    onPage(`${SMALL}&base=mixture:2`, async (page) => {
      expect(await page.inputValue('#base')).toBe('mixture:2');
      await trainSome(page);
      await canvas(page, 'density').hover({ position: { x: 120, y: 140 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
      const x = numbersIn(await page.textContent('#point-x'));
      const [shown] = numbersIn(await page.textContent('#point-log-prob'));
      const { spec, parameters } = decodeModel(await savedModel(page));
      const [logProb] = new ReferenceFlow(spec, parameters).logProb(Float64Array.from(x));
      // The point is told to a hundredth.
      expect(shown).toBeCloseTo(logProb!, 1);
      expect(await page.textContent('#latent-words')).toMatch(/nats from a mixture of Gaussians/);
    }));

  it('ends in a box for splines alone, and says so where data lie beyond', () =>
    onPage('#v=1&data=banana&couplings=2&hidden=8&batch=64&steps=30', async (page) => {
      expect(await page.locator('#base-uniform').isDisabled()).toBe(true);
      await page.selectOption('#preset', 'spline');
      await page.selectOption('#base', 'uniform');
      await expectSoon(() => page.url()).toContain('base=uniform');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 30 steps are done.');
      await expectSoon(() => page.textContent('#verdict')).toMatch(/no density at all/);
      await page.selectOption('#preset', 'glow');
      expect(await page.inputValue('#base')).toBe('normal');
    }));
});
