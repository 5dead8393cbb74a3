/** What a visitor can choose of the model beyond its size. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/io/modelFile.ts';
import { launchChromium } from './chromium.ts';
import { openDemoSite } from './demoSite.ts';
import type { DemoSite } from './demoSite.ts';
import { downloaded, expectSoon, ready, step, visit } from './visit.ts';

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
