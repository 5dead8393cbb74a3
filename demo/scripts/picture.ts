/** Makes the README's picture of the trained page: npm run demo:picture writes docs/images/playground.webp. */
import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../test/e2e/chromium.ts';
import { openDemoSite } from '../../test/e2e/demoSite.ts';

const HASH = '#v=1&data=moons&couplings=8&hidden=32-32&batch=256&steps=1500';
const PICTURE = new URL('../../docs/images/playground.webp', import.meta.url);

export async function main(): Promise<void> {
  const site = await openDemoSite();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 880 }, colorScheme: 'light' });
    page.setDefaultTimeout(300_000);
    await page.goto(site.url + HASH);
    await page.click('#train');
    await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train on');
    // Half-way between data and latent shows the most; meanwhile the pictures are refined.
    await page.click('#layer', { position: { x: 90, y: 12 } });
    await page.waitForTimeout(8000);
    await page.locator('[data-picture="density"] canvas.live').hover({ position: { x: 118, y: 92 } });
    await page.waitForTimeout(3000);
    const picture = await page.screenshot();
    await writeFile(PICTURE, await webp(await browser.newPage(), picture));
  } finally {
    await browser.close();
    await site.close();
  }
}

/** The PNG at a third of its size, encoded by the browser. */
async function webp(page: Page, png: Uint8Array): Promise<Uint8Array> {
  const bytes = await page.evaluate(
    async (source) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(source)]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [...png],
  );
  return Uint8Array.from(bytes);
}
