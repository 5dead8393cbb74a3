/** The playground inside other pages, and without its server. */
import { describe, expect, it } from 'vitest';
import { demoForTests, expectSoon, openTable, pagesOf, ready, SMALL, step, visit } from './visit.ts';

const demo = demoForTests();
const onPage = pagesOf(demo);

interface Told {
  type: string;
  step: number;
  steps: number;
  loss: number | null;
}

describe('a page inside another one', () => {
  it('shows the pictures that it is asked for, trains, and tells its steps and loss', () =>
    onPage(SMALL, async (first) => {
      await first.click('#copy-embed');
      const code = await first.evaluate(() => navigator.clipboard.readText());
      expect(code).toContain('?embed=density,layers&amp;run=1#v=1&amp;data=moons');
      const host = await first.context().newPage();
      await host.route(`**/host.html`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<script>told = []; addEventListener('message', ({ data }) => told.push(data))</script>${code}`,
        }),
      );
      await host.setViewportSize({ width: 320, height: 600 });
      await host.goto(new URL('/host.html', demo.site.url).href);
      const frame = host.frames().at(-1)!;
      await frame.waitForSelector('#train:enabled');
      const told = () => host.evaluate(() => (globalThis as unknown as { told: Told[] }).told);
      await expectSoon(async () => (await told()).at(-1)?.step ?? 0).toBeGreaterThan(5);
      const last = (await told()).findLast(({ loss }) => loss !== null);
      expect(last).toMatchObject({ type: 'wgflow', steps: 100_000, loss: expect.any(Number) as number });
      expect(await frame.locator('.picture:visible').count()).toBe(2);
      expect(await frame.locator('.controls:visible, .readings:visible, .article:visible').count()).toBe(0);
      expect(await frame.evaluate(() => sessionStorage.length + localStorage.length)).toBe(0);
      await host.close();
    }));
});

describe('a page whose server has stopped', () => {
  it('loads again, trains and reads a table', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url, { serviceWorkers: 'allow' });
    await ready(page);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await demo.site.close();
    await page.reload();
    await ready(page);
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(3);
    const rows = Array.from({ length: 90 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
    await openTable(page, 'mine.csv', [['a', 'b'], ...rows]);
    await expectSoon(() => page.textContent('#file-words')).toBe('mine.csv: 90 rows, 2 columns.');
    await page.goto(new URL('./bench.html', demo.site.url).href);
    await expectSoon(() => page.locator('h1').textContent()).toBe('wgflow');
    await close();
  });
});
