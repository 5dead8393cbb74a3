import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseBenchDocument } from '../../src/measure/index.ts';
import { demoForTests, expectSoon, seriousFindings } from './visit.ts';

describe('the kernel lab', () => {
  const demo = demoForTests();
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    page = await (await demo.browser.newContext({ acceptDownloads: true })).newPage();
    page.setDefaultTimeout(110_000);
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${demo.site.url}bench.html`);
    await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('#run')!.disabled);
  });

  /** Plain kernels of the tiled regime, whose tiles can be changed. */
  async function run(): Promise<void> {
    await page.selectOption('#choice', 'forced');
    await page.selectOption('#forced-regime', 'tiled');
    await page.selectOption('#forced-product', 'plain');
    await page.click('#run');
    await status(/^Done: \d+ results/);
  }

  async function status(pattern: RegExp): Promise<void> {
    await page.waitForFunction(
      (source) => new RegExp(source).test(document.querySelector('#status')!.textContent),
      pattern.source,
    );
  }

  it('names a software adapter as one', async () => {
    await expectSoon(() => page.textContent('#adapter')).toMatch(/software adapter/);
  });

  it('measures plans and kernels of S under the roof of the adapter', async () => {
    await run();
    const titles = await page.locator('#rows th').allTextContents();
    for (const title of ['train step', 'forward', 'sample', 'log prob', 'dense_forward', 'adam_step']) {
      expect(titles).toContain(title);
    }
    await expectSoon(() => page.textContent('#fma-peak')).toMatch(/^[\d.,]+ GFLOP\/s$/);
    await expectSoon(() => page.textContent('#launch')).toMatch(/^[\d.,]+ [µm]s$/);
    await expectSoon(() => page.textContent('#subgroups')).toMatch(/^(no|\d+ lanes.*)$/);
    await expectSoon(() => page.isVisible('#problem')).toBe(false);
    // One dot for each result that computes, in a labelled chart.
    const chart = page.locator('#roofline svg');
    await expectSoon(() => page.textContent('#roofline p')).toMatch(/Roofline chart of \d+ results/);
    await expectSoon(() => chart.locator('circle').count()).toBeGreaterThan(20);
    const widths = await page.evaluate(() => [
      document.querySelector('#roofline svg')!.getBoundingClientRect().width,
      document.querySelector('#roofline')!.clientWidth,
    ]);
    expect(widths[0]).toBeCloseTo(widths[1]!, -1);
  });

  it('lists the dispatches of a training step, or of another plan, and what bounds each', async () => {
    await expectSoon(() => page.textContent('#dispatches-of')).toBe('train step, S, 512 rows');
    const rows = await page.locator('#dispatches tbody tr').allTextContents();
    expect(rows.some((row) => /^step_record1 × 64\d+.*(launch|rest|memory)$/.test(row))).toBe(true);
    expect(rows.at(-1)).toMatch(/^\d+ dispatches[\d.]+ [µm]s[\d.]+ ms$/);
    await page.locator('#rows button', { hasText: /^sample$/ }).click();
    await expectSoon(() => page.textContent('#dispatches-of')).toBe('sample, S, 8,192 rows');
    await expectSoon(() => page.textContent('#dispatches')).toContain('standard_normal_sample');
  });

  it('shows the WGSL of a kernel that is chosen in the table or in the chart', async () => {
    await page.locator('#rows button', { hasText: /^adam_step$/ }).click();
    await expectSoon(() => page.textContent('#variant')).toMatch(/^adam_step/);
    await expectSoon(() => page.textContent('#wgsl')).toContain('fn main(');
    await page.locator('#roofline svg a').first().dispatchEvent('click');
    await expectSoon(() => page.textContent('#variant')).not.toMatch(/^adam_step/);
    await expectSoon(() => page.textContent('#wgsl')).not.toMatch(/^#/m);
  });

  it('runs a kernel again with other tiles', async () => {
    await page
      .locator('#rows button', { hasText: /^dense_forward$/ })
      .first()
      .click();
    await page.selectOption('#tile-sizes select', '1');
    await page.click('#retile');
    await expectSoon(() => page.textContent('#retiled')).toMatch(/(faster|slower) than the/);
    await expectSoon(() => page.textContent('#variant')).toMatch(/OUTPUT_BLOCK=1/);
    // The outcome is still there after a look at another kernel.
    await page.locator('#rows button', { hasText: /^adam_step$/ }).click();
    await expectSoon(() => page.locator('#retile-tries li').count()).toBe(0);
    await page
      .locator('#rows button', { hasText: /^dense_forward$/ })
      .first()
      .click();
    await expectSoon(() => page.locator('#retile-tries li').textContent()).toMatch(/^OUTPUT_BLOCK 1/);
  });

  it('saves a run that the command line reads, and compares the next one with it', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const file = await download.path();
    const saved = parseBenchDocument(await readFile(file, 'utf8'), 'the saved run');
    expect(saved.entries.length).toBe(await page.locator('#rows tr').count());
    await page.selectOption('#only', 'plans');
    await run();
    await page.setInputFiles('#compare', file);
    await expectSoon(() => page.textContent('#comparison')).toMatch(/\d+ faster, \d+ slower, \d+ the same/);
    await page.click('#compare-last');
    await expectSoon(() => page.textContent('#comparison')).toMatch(/in one of the runs only/);
    await page.setInputFiles('#compare', {
      name: 'x.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{'),
    });
    await expectSoon(() => page.textContent('#problem')).toMatch(
      /x\.json: found .*expected the JSON of a run/,
    );
    await expectSoon(() => page.isVisible('#problem')).toBe(true);
  });

  it('says from which batch on the adapter is full', async () => {
    await page.selectOption('#choice', 'fixed');
    await page.selectOption('#only', 'batches');
    await page.click('#run');
    await status(/^Done: 8 results/);
    await expectSoon(() => page.textContent('#full')).toMatch(
      /^S: the adapter is (full (from|at) [\d,]+ rows.*|not full at 65,536 rows, the largest batch of this run)\.$/,
    );
    await page.selectOption('#only', 'plans');
  });

  it('stops when it is told to, and keeps what it has measured, after a reload too', async () => {
    await page.click('#run');
    await page.waitForFunction(() => document.querySelector('#rows')!.childElementCount > 0);
    await page.click('#stop');
    await status(/^Stopped: the \d+ results so far are kept\.$/);
    await expectSoon(() => page.isEnabled('#run')).toBe(true);
    await expectSoon(() => page.isEnabled('#download')).toBe(true);
    const rows = await page.locator('#rows tr').count();
    await page.reload();
    await status(/^The last run of this browser: \d+ results/);
    expect(await page.locator('#rows tr').count()).toBe(rows);
    await expectSoon(() => page.locator('#roofline svg circle').count()).toBeGreaterThan(0);
  });

  it('says what each choice of kernels means', async () => {
    await page.selectOption('#choice', 'forced');
    const words = await page.locator('#forced p').allTextContents();
    expect(words.length).toBeGreaterThan(4);
    expect(words.filter((text) => text === '')).toEqual([]);
    await page.selectOption('#choice', 'fixed');
  });

  it('loads other libraries only when they are asked for, and says why one cannot be timed', async () => {
    expect(demo.site.requests.filter((path) => /peer/.test(path))).toEqual([]);
    await page.click('#peer-run');
    await page.waitForFunction(() => /medians/.test(document.querySelector('#peer-status')!.textContent));
    const rows = await page.locator('#peer-rows tr').allTextContents();
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/^wgflow, WebGPU[\d.]+1\.00 ×/);
    for (const row of rows.slice(1)) expect(row).toMatch(/×|built without the other libraries/);
  }, 600_000);

  it('can be used with a keyboard and a screen reader, light, dark and on a phone', async () => {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['dark', 360],
    ] as const) {
      // During a transition between schemes, colours have no meaningful contrast.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await expectSoon(() => seriousFindings(page)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    }
  });

  it('has nothing to complain about', () => expect(problems).toEqual([]));
});
