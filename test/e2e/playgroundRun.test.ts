/** The run of a tab outlives a reload and the tab: the browser keeps it in its own file system. */
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  demoForTests,
  downloaded,
  expectSoon,
  look,
  losses,
  openTable,
  pagesOf,
  ready,
  savedModel,
  SMALL,
  step,
} from './visit.ts';

/** A small model of 1,000 steps. */
const QUICK = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=1000';
/** It ends before no test, however soon held-out rows get no better. */
const ALL_STEPS = `${SMALL}&stop=last`;
const OTHER = SMALL.replace('moons', 'circles');

const demo = demoForTests();
const onPage = pagesOf(demo);

const status = (page: Page) => page.textContent('#status');
const notice = (page: Page) => page.locator('#notice-run:visible p').textContent();

/** Trains until step `count`, pauses, and waits until the browser has the run. @returns its step */
async function trainTo(page: Page, count: number): Promise<number> {
  await page.click('#train');
  await expectSoon(() => step(page)).toBeGreaterThan(count);
  await page.click('#train');
  await expectSoon(() => status(page)).toMatch(/^Paused/);
  const paused = await step(page);
  await expectSoon(() => keptSteps(page)).toContain(paused);
  return paused;
}

async function reload(page: Page): Promise<void> {
  await page.reload();
  await ready(page);
}

async function newTab(context: BrowserContext, hash = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(demo.site.url + hash);
  await ready(page);
  return page;
}

async function untilDone(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train on');
}

/** The steps of the records in the browser's file system: two for each run at most. */
function keptSteps(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const steps: number[] = [];
    const root = await navigator.storage.getDirectory();
    const runs = await root.getDirectoryHandle('runs', { create: true });
    for await (const folder of runs.values()) {
      for await (const [name, file] of (folder as FileSystemDirectoryHandle).entries()) {
        if (!name.startsWith('run-')) continue;
        const text = await (await (file as FileSystemFileHandle).getFile()).text();
        steps.push(Number(/"step":(\d+)/.exec(text)?.[1]));
      }
    }
    return steps;
  });
}

/** Changes a byte in the midst of the newest record of the only run, or of the one before. */
function damage(page: Page, which: 'newest' | 'oldest'): Promise<void> {
  return page.evaluate(async (which) => {
    const root = await navigator.storage.getDirectory();
    const records: { sequence: number; file: FileSystemFileHandle; bytes: Uint8Array<ArrayBuffer> }[] = [];
    for await (const folder of (await root.getDirectoryHandle('runs')).values()) {
      for (const name of ['run-0', 'run-1']) {
        const file = await (folder as FileSystemDirectoryHandle).getFileHandle(name);
        const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
        const sequence = Number(/"sequence":(\d+)/.exec(new TextDecoder().decode(bytes))?.[1]);
        records.push({ sequence, file, bytes });
      }
    }
    records.sort((a, b) => a.sequence - b.sequence);
    const { file, bytes } = records[which === 'newest' ? 1 : 0]!;
    bytes[bytes.length >> 1]! ^= 1;
    const stream = await file.createWritable();
    await stream.write(bytes);
    await stream.close();
  }, which);
}

describe('a run whose tab reloads', () => {
  it('is there with its step and its loss, and ends as if nothing had happened', async () => {
    const models: Buffer[] = [];
    await onPage(QUICK, async (page) => {
      const paused = await trainTo(page, 300);
      expect(paused).toBeLessThan(1000);
      const seen = await losses(page);
      await reload(page);
      await expectSoon(() => status(page)).toBe(
        `The run is back, at step ${paused} of 1,000. Train goes on.`,
      );
      expect(await losses(page)).toEqual(seen);
      expect(await page.locator('#progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(paused);
      await page.click('#train');
      await untilDone(page);
      expect(await status(page)).toBe('All 1000 steps are done.');
      models.push(await savedModel(page));
      // The end is kept too.
      await expectSoon(() => keptSteps(page)).toEqual([1000, 1000]);
      await reload(page);
      await expectSoon(() => status(page)).toBe('The run is back, as it ended at step 1,000 of 1,000.');
      expect(await page.textContent('#train')).toBe('Train on');
      models.push(await savedModel(page));
    });
    await onPage(QUICK, async (page) => {
      await page.click('#train');
      await untilDone(page);
      models.push(await savedModel(page));
    });
    expect(models[0]).toEqual(models[2]);
    expect(models[1]).toEqual(models[2]);
  });

  it('in the midst of training goes on from its last snapshot, whatever the look of its pictures', () =>
    onPage('', async (page) => {
      await page.click('#train');
      await expectSoon(async () => Math.max(...(await keptSteps(page)))).toBeGreaterThan(10);
      // The address has a link from now on.
      await page.click('label:has(input[value="log"])');
      await expectSoon(() => page.url()).toContain('&colours=log');
      await reload(page);
      await expectSoon(() => status(page)).toMatch(
        /^The run is back, at step \d+ of 2,000\. Train goes on\.$/,
      );
      const steps = Number(/\d+/.exec((await status(page))!)![0]);
      expect(steps).toBeGreaterThan(10);
      expect(await page.isChecked('input[value="log"]')).toBe(true);
      await page.click('#train');
      await expectSoon(() => step(page)).toBeGreaterThan(steps);
    }));

  it('is kept when the tab is hidden, without the last seconds being lost', () =>
    onPage(SMALL, async (page) => {
      await page.click('#train');
      await expectSoon(() => step(page)).toBeGreaterThan(5);
      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
      await expectSoon(async () => (await keptSteps(page)).includes(await step(page))).toBe(true);
    }));

  it('survives the loss of the device before, and keeps its curve aligned with its steps', () =>
    onPage(SMALL, async (page) => {
      await page.click('#train');
      await expectSoon(async () => (await keptSteps(page)).length).toBe(2);
      const [worker] = page.workers();
      await worker!.evaluate(() => {
        globalThis.dispatchEvent(new MessageEvent('message', { data: { type: 'lose-device' } }));
      });
      await expectSoon(() => page.textContent('#live')).toMatch(/The GPU is back, at step \d+/);
      await expectSoon(() => status(page)).toMatch(/^Step/);
      await page.click('#train');
      await expectSoon(() => status(page)).toMatch(/^Paused/);
      const paused = await step(page);
      await expectSoon(() => keptSteps(page)).toContain(paused);
      await reload(page);
      await expectSoon(() => status(page)).toContain(`at step ${paused.toLocaleString('en')} of 100,000`);
    }));
});

describe('a run whose settings change', () => {
  it('goes on with another rate and more steps, and comes back when a fresh model has replaced it', () =>
    onPage(QUICK, async (page) => {
      const paused = await trainTo(page, 20);
      const before = await savedModel(page);
      await page.fill('#rate', '0.001');
      await page.press('#rate', 'Enter');
      await page.fill('#steps', String(paused + 5));
      await page.press('#steps', 'Enter');
      await expectSoon(() => page.url()).toContain(`steps=${paused + 5}`);
      expect(await savedModel(page)).toEqual(before);
      await page.click('#train');
      await untilDone(page);
      expect(await status(page)).toBe(`All ${paused + 5} steps are done.`);
      await page.click('#train');
      await expectSoon(() => status(page)).toBe(`All ${2 * (paused + 5)} steps are done.`);
      await page.fill('#steps', '100000');
      await page.press('#steps', 'Enter');
      const reached = await trainTo(page, 2 * (paused + 5));
      const trained = await savedModel(page);

      await page.click('label:has(input[value="circles"])');
      await expectSoon(() => status(page)).toMatch(/^A fresh model/);
      expect(await page.locator('#notice-aside p').textContent()).toBe(
        `The model of moons, at step ${reached}, is set aside.`,
      );
      await page.click('#bring-back');
      await expectSoon(() => status(page)).toContain(`The run is back, at step ${reached} of`);
      expect(await page.isChecked('input[value="moons"]')).toBe(true);
      expect(await savedModel(page)).toEqual(trained);
      await page.click('#train');
      await expectSoon(() => step(page)).toBeGreaterThan(reached);
    }));
});

describe('the data of a run', () => {
  it('come back from a table, with the best parameters for its held-out rows', () =>
    onPage(SMALL.replace('steps=100000', 'steps=120'), async (page) => {
      const rows = Array.from({ length: 240 }, (_, i) => [
        Math.sin(i * i).toFixed(4),
        1 + (i % 4),
        'abc'[i % 3]!,
        i % 5 === 0 ? '' : (1000 + 37.5 * ((i * 7) % 241)).toFixed(1),
      ]);
      await openTable(page, 'homes.csv', [['height', 'rooms', 'kind', 'income'], ...rows]);
      await expectSoon(() => page.textContent('#file-words')).toBe('homes.csv: 240 rows, 4 columns.');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Homes\.csv/);
      await page.click('#train');
      await untilDone(page);
      const seen = async () => ({
        model: await savedModel(page),
        data: (await downloaded(page, '#save-data')).bytes,
        columns: await page.locator('#table-columns li').allTextContents(),
        words: await page.textContent('#file-words'),
        verdict: await page.textContent('#verdict'),
        losses: await losses(page),
      });
      const before = await seen();
      expect(before.columns).toHaveLength(4);
      await expectSoon(() => keptSteps(page)).toContain(
        await page.locator('#progress').evaluate((bar: HTMLProgressElement) => bar.value),
      );
      await reload(page);
      await expectSoon(() => status(page)).toMatch(/^The run is back, as it ended/);
      expect(await page.locator('#data-mistake').isHidden()).toBe(true);
      expect(await seen()).toEqual(before);
    }));

  it('come back from the drawing pad', () =>
    onPage(ALL_STEPS, async (page) => {
      await page.check('input[name="source"][value="drawing"]');
      await page.locator('#pad').focus();
      for (const key of ['ArrowLeft', ' ', 'Shift+ArrowRight', 'Shift+ArrowRight', ' ']) {
        await page.keyboard.press(key);
      }
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Your drawing/);
      const paused = await trainTo(page, 3);
      const drawn = await look(page.locator('#pad'));
      await page.close();
      // A new tab, whose address has no link.
      const other = await newTab(page.context());
      await expectSoon(() => status(other)).toContain(`The run is back, at step ${paused} of`);
      expect((await look(other.locator('#pad'))).centre).toEqual(drawn.centre);
      await trainTo(other, paused);
    }));

  it('come back where they are samples of a model from a file', () =>
    onPage(ALL_STEPS, async (page) => {
      await openTable(page, 'mine.csv', [
        ['a', 'b', 'c'],
        ...Array.from({ length: 99 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)]),
      ]);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Mine\.csv/);
      // The file's own steps are all that the other page makes of it: enough to pause before the last one.
      await trainTo(page, 100);
      const buffer = await savedModel(page);
      const other = await newTab(page.context(), `${OTHER}&stop=last`);
      await other.setInputFiles('#open-model', { name: 'old.safetensors', mimeType: '', buffer });
      await expectSoon(() => status(other)).toMatch(/it trains on its own samples\.$/);
      await other.click('#slow');
      const paused = await trainTo(other, 2);
      const model = await savedModel(other);
      await reload(other);
      await expectSoon(() => status(other)).toContain(`The run is back, at step ${paused} of`);
      expect(await other.textContent('#own-samples')).toMatch(/^Samples drawn from old\.safetensors itself/);
      expect(await savedModel(other)).toEqual(model);
      await trainTo(other, paused);
    }));
});

describe('several tabs', () => {
  it('keep a run each, and a link shows what it says without the loss of any', () =>
    onPage(SMALL, async (page) => {
      const moons = await trainTo(page, 3);
      const other = await newTab(page.context(), OTHER);
      expect(await status(other)).not.toMatch(/^The run is back/);
      const circles = await trainTo(other, moons + 1);
      await reload(other);
      await expectSoon(() => status(other)).toContain(`The run is back, at step ${circles} of`);
      await reload(page);
      await expectSoon(() => status(page)).toContain(`The run is back, at step ${moons} of`);
      expect(await page.isChecked('input[value="moons"]')).toBe(true);

      await page.close();
      const spirals = await newTab(page.context(), SMALL.replace('moons', 'spirals'));
      await expectSoon(() => status(spirals)).toBe('A fresh model, which knows nothing yet.');
      expect(await notice(spirals)).toBe(`Another run is kept here: moons, at step ${moons} of 100,000.`);
      await trainTo(spirals, 2);
      await spirals.click('#continue-run');
      await expectSoon(() => status(spirals)).toContain(`The run is back, at step ${moons} of`);
      expect(await spirals.isChecked('input[value="moons"]')).toBe(true);
      expect(spirals.url()).not.toContain('#');
    }));
});

describe('a kept file that is damaged', () => {
  it('is passed over for the one before, and if both are, for a fresh page that says so', () =>
    onPage(SMALL, async (page) => {
      const paused = await trainTo(page, 3);
      await expectSoon(() => keptSteps(page)).toEqual([paused, paused]);
      await damage(page, 'newest');
      await reload(page);
      await expectSoon(() => status(page)).toContain(`The run is back, at step ${paused} of`);
      expect(await page.locator('#notice-run').isHidden()).toBe(true);

      await damage(page, 'oldest');
      await reload(page);
      await expectSoon(() => notice(page)).toBe(
        'The run that was kept here is damaged, so the page starts anew.',
      );
      await expectSoon(() => status(page)).toBe('A fresh model, which knows nothing yet.');
      await trainTo(page, 3);
    }));
});

describe('a page that can keep nothing', () => {
  it.each([
    ['inside a page of another address', true],
    ['without a file system', false],
  ])('works as before: %s', (_, isEmbedded) =>
    onPage(SMALL, async (first) => {
      const page = await first.context().newPage();
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      const { origin } = new URL(demo.site.url);
      if (isEmbedded) {
        await page.route(`${origin}/host.html`, (route) =>
          route.fulfill({
            contentType: 'text/html',
            body: `<iframe src="${demo.site.url}${SMALL}" style="width: 1200px; height: 900px">`,
          }),
        );
        await page.goto(`${origin}/host.html`);
      } else {
        await page.route('**/assets/worker-*.js', async (route) => {
          const response = await route.fetch();
          const body = `if ('StorageManager' in self) delete StorageManager.prototype.getDirectory;\n${await response.text()}`;
          await route.fulfill({ response, body });
        });
        await page.goto(demo.site.url + SMALL);
      }
      const frame = page.frames().at(-1)!;
      await frame.waitForSelector('#train:enabled');
      await frame.click('#train');
      await expectSoon(() => frame.textContent('#status')).toMatch(/^Step \d{2}/);
      await frame.click('#train');
      await expectSoon(() => frame.textContent('#status')).toMatch(/^Paused/);
      await page.waitForTimeout(500);
      expect(await keptSteps(first)).toEqual([]);
      expect(await frame.locator('#notice-run').isHidden()).toBe(true);
      expect(problems).toEqual([]);
    }),
  );
});
