import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoForTests, expectSoon, seriousFindings, visit } from './visit.ts';

describe('the page of images', () => {
  const demo = demoForTests();
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    ({ page, problems } = await visit(demo.browser, `${demo.site.url}images.html`));
    await page.waitForSelector('#train:enabled');
  });

  /** The shades of a canvas, and its size. */
  function shades(id: string): Promise<{ values: number[]; width: number; height: number }> {
    return page.evaluate((name) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`#${name}`)!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const values = [...data].filter((_, place) => place % 4 === 0);
      return { values, width: canvas.width, height: canvas.height };
    }, id);
  }

  /** How much neighbours differ: a half in noise, little in pictures. */
  async function roughness(id: string): Promise<number> {
    const { values } = await shades(id);
    return values.slice(1).reduce((sum, value, i) => sum + Math.abs(value - values[i]!), 0) / values.length;
  }

  it('learns digits, and shows samples that become smoother', async () => {
    expect(await page.textContent('#samples-words')).toBe('Before training, the model draws noise.');
    const noise = await roughness('samples');
    await page.click('#train');
    await expectSoon(() => page.textContent('#train')).toBe('Pause');
    await page.waitForFunction(
      () =>
        Number(
          /Step ([\d,]+) of/.exec(document.querySelector('#status')!.textContent)?.[1]?.replace(',', ''),
        ) >= 80,
    );
    await page.click('#train');
    await expectSoon(() => page.textContent('#train')).toBe('Train on');
    await expectSoon(() => page.textContent('#samples-words')).toMatch(/^Drawn by the model after \d/);
    expect(await roughness('samples')).toBeLessThan(noise);
    // Blank pictures have log₂ 17 = 4.09 bits.
    const bits = /([\d.]+) bits per dimension on held-out digits/.exec(
      (await page.textContent('#status')) ?? '',
    )?.[1];
    expect(Number(bits)).toBeLessThan(4);
  });

  it('draws one digit, walks through its latent, and shows the examples nearest to a sample', async () => {
    await page.selectOption('#digit', '0');
    await expectSoon(() => page.textContent('#pad-digit')).toBe('0');
    await expectSoon(() => page.textContent('#samples-words')).not.toContain('a column for each digit');
    const before = (await shades('point')).values;
    await page.locator('#across').fill('1.5');
    await expectSoon(async () => (await shades('point')).values).not.toEqual(before);
    await page.locator('#map').click({ position: { x: 5, y: 5 } });
    await expectSoon(() => page.inputValue('#across')).toMatch(/^-(1\.9|2)/);
    await page.locator('#samples').click({ position: { x: 10, y: 10 } });
    await expectSoon(() => page.textContent('#nearest-words')).toMatch(/nearest to it: \d, \d, \d, \d\./);
    expect((await shades('nearest')).width).toBe(44);
    const ways = (await shades('between')).values;
    await page.click('#pairs');
    await expectSoon(async () => (await shades('between')).values).not.toEqual(ways);
  });

  it('says what other kinds of pictures score', async () => {
    await page.click('#score');
    await expectSoon(() => page.locator('#others tbody tr').count()).toBe(7);
    const rows = await page.locator('#others tbody tr').allTextContents();
    const bits = rows.map((row) => Number(/[\d.]+$/.exec(row)?.[0]));
    expect([...bits].sort((a, b) => a - b)).toEqual(bits);
    expect(rows.slice(-2).join()).toContain('Noise');
    expect(await page.textContent('#others-words')).toMatch(
      /^(Here all other kinds take more bits|The model never saw)/,
    );
  });

  it('trains on', async () => {
    const step = async (): Promise<number> =>
      Number(/Step ([\d,]+)/.exec((await page.textContent('#status')) ?? '')?.[1]?.replace(',', ''));
    const before = await step();
    await page.click('#train');
    await expectSoon(step).toBeGreaterThan(before);
    await page.click('#train');
    await expectSoon(() => page.textContent('#train')).toBe('Train on');
  });

  it('has no problems, and can be used by everyone', async () => {
    expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(problems).toEqual([]);
  });
});
