/** The run of a tab outlives a reload, Back and the tab: the browser keeps it in its own file system. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  demoForTests,
  expectSoon,
  losses,
  openTable,
  pagesOf,
  ready,
  savedModel,
  step,
  trainSome,
} from './visit.ts';

/** A small model of 1,000 steps. */
const QUICK = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=1000';
/** One that still has steps left at the end of any test. */
const LONG = QUICK.replace('steps=1000', 'steps=100000');

const demo = demoForTests();
const onPage = pagesOf(demo);

/** The page again, in a state that says so. */
async function reload(page: Page): Promise<void> {
  await page.reload();
  await ready(page);
}

const status = (page: Page) => page.textContent('#status');

async function untilDone(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train again');
}

describe('a run whose tab reloads', () => {
  it('is there with its step and its loss, and ends as if nothing had happened', async () => {
    const models: Buffer[] = [];
    await onPage(QUICK, async (page) => {
      await page.click('#train');
      await expectSoon(() => step(page)).toBeGreaterThan(300);
      await page.click('#train');
      await expectSoon(() => status(page)).toMatch(/^Paused/);
      const paused = { step: await step(page), losses: await losses(page) };
      expect(paused.step).toBeLessThan(1000);
      await page.waitForTimeout(500);
      await reload(page);
      await expectSoon(() => status(page)).toBe(
        `The run is back, at step ${paused.step} of 1,000. Train goes on.`,
      );
      expect(await losses(page)).toEqual(paused.losses);
      await page.click('#train');
      await untilDone(page);
      expect(await status(page)).toBe('All 1000 steps are done.');
      models.push(await savedModel(page));
    });
    await onPage(QUICK, async (page) => {
      await page.click('#train');
      await untilDone(page);
      models.push(await savedModel(page));
    });
    expect(models[0]).toEqual(models[1]);
  });

  it('in the midst of training goes on from a few seconds before', async () => {
    await onPage(LONG, async (page) => {
      await page.click('#train');
      await page.waitForTimeout(8000);
      const before = await step(page);
      await reload(page);
      await expectSoon(() => status(page)).toMatch(/^The run is back/);
      console.log(before, await status(page));
    });
  });
});
