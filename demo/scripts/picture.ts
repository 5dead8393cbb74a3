/**
 * Makes the README's picture of the trained page, and the picture that previews of its links show: npm run demo:picture
 * writes docs/images/playground.webp and demo/assets/preview.jpg.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../test/e2e/chromium.ts';
import { openDemoSite } from '../../test/e2e/demoSite.ts';

const HASH = '#v=1&data=moons&couplings=8&hidden=32-32&batch=256&steps=1500';
const PREVIEW = new URL('../assets/preview.jpg', import.meta.url);
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
    await page.mouse.move(0, 0);
    const [poster] = await Promise.all([page.waitForEvent('download'), page.click('#save-poster')]);
    await writeFile(PREVIEW, await preview(await browser.newPage(), await readFile(await poster.path())));
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

/** The poster under a title, in the size of a link's preview. */
async function preview(page: Page, poster: Uint8Array): Promise<Uint8Array> {
  const bytes = await page.evaluate(
    async (source) => {
      const [width, height] = [1200, 630];
      const image = await createImageBitmap(new Blob([Uint8Array.from(source)]));
      const canvas = new OffscreenCanvas(width, height);
      const pen = canvas.getContext('2d');
      if (pen === null) throw new Error('no canvas');
      pen.fillStyle = '#ffffff';
      pen.fillRect(0, 0, width, height);
      pen.fillStyle = '#161c25';
      pen.font = '650 44px system-ui, sans-serif';
      pen.fillText('Train a normalizing flow in a browser tab', 26, 78);
      pen.drawImage(image, 0, 112, width, (width * image.height) / image.width);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.82 });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [...poster],
  );
  return Uint8Array.from(bytes);
}
