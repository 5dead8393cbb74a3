/** Takes the README's picture of the page, trained for a while: npm run demo:picture writes docs/images/playground.png. */
import { launchChromium } from '../../test/e2e/chromium.ts';
import { openDemoSite } from '../../test/e2e/demoSite.ts';

const HASH = '#v=1&data=moons&couplings=8&hidden=32-32&batch=256&steps=1500';
const PICTURE = new URL('../../docs/images/playground.png', import.meta.url).pathname;

export async function main(): Promise<void> {
  const site = await openDemoSite();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1010 }, colorScheme: 'light' });
    page.setDefaultTimeout(300_000);
    await page.goto(site.url + HASH);
    await page.click('#train');
    await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train again');
    // Half-way between data and latent there is most to see; the pictures get as fine as they can meanwhile.
    await page.locator('#layer').focus();
    for (let i = 0; i < 50; i++) await page.keyboard.press('ArrowLeft');
    await page.waitForTimeout(8000);
    await page.locator('[data-picture="density"] canvas.live').hover({ position: { x: 118, y: 92 } });
    await page.waitForTimeout(3000);
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
    await site.close();
  }
}
