/** Two models side by side. */
import { describe, expect, it } from 'vitest';
import { demoForTests, expectSoon, seriousFindings, visit } from './visit.ts';

const demo = demoForTests();

describe('two models side by side', () => {
  it('train on the same data to the same steps, with one chart of both losses', async () => {
    const { page, problems, close } = await visit(demo.browser, demo.site.url, {
      viewport: { width: 1280, height: 720 },
    });
    await page.waitForSelector('#train:enabled');
    const hash = 'v=1&data=circles&couplings=2&hidden=16-16&batch=64&steps=60';
    await page.evaluate((text) => (location.hash = text), `#${hash}`);
    await expectSoon(() => page.inputValue('#couplings')).toBe('2');
    await page.click('#compare');
    await page.waitForSelector('#compare-train:enabled');
    // Both begin with the model of the page; the second becomes a spline flow.
    const second = page.locator('[aria-label="Model B"]');
    await second.locator('select').selectOption('spline');
    await page.waitForSelector('#compare-train:enabled');
    await expectSoon(() => second.locator('.row').textContent()).toMatch(/[\d,]+ parameters/);
    await page.click('#compare-train');
    await expectSoon(() => page.textContent('#compare-train')).toBe('Pause');
    await expectSoon(() => page.textContent('#compare-status')).toBe('Step 60 of 60');
    await expectSoon(() => page.textContent('#compare-train')).toBe('Train anew');
    await expectSoon(() => page.textContent('#compare-verdict')).toMatch(
      /^At step 60 (they are level|[AB] is \d\.\d\d nats better than [AB])/,
    );
    const lines = await page.locator('#compare-page .chart path').evaluateAll((paths) =>
      paths.flatMap((path) => {
        const points = path.getAttribute('d')?.split('L').length ?? 0;
        return path.matches('.train, .validation') ? [points] : [];
      }),
    );
    expect(lines).toHaveLength(2);
    expect(Math.min(...lines)).toBeGreaterThan(10);
    // Each picture is of the same step.
    const steps = page.frames().flatMap((frame) => (frame.parentFrame() === null ? [] : [frame]));
    for (const frame of steps) {
      await expectSoon(() => frame.textContent('[data-picture="density"] .step')).toBe('step 60');
    }
    expect(steps).toHaveLength(2);
    expect(decodeURI(page.url())).toMatch(
      /#v=1&data=circles.*family=realnvp.*\|v=1&data=circles.*family=spline/,
    );
    await expectSoon(() => seriousFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});
