import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/io/modelFile.ts';
import {
  arrive,
  canvas,
  demoForTests,
  downloaded,
  expectSoon,
  look,
  losses,
  numbersIn,
  ready,
  step,
  takeSeen,
  tasksDuring,
  total,
  visit,
  visitOf,
} from './visit.ts';

/** A small model that learns the moons within seconds on a processor. */
const QUICK = '#v=1&data=moons&couplings=8&hidden=32-32&batch=256&steps=900';
/** A model that still has steps left at the end of any test. */
const LONG = '#v=1&data=moons&couplings=4&hidden=16&batch=64&steps=100000';

const demo = demoForTests();

const visitFor = visitOf(demo);

describe('the bundle', () => {
  it('of all pages, without data and what loads on request, is under 305 KB gzipped', () => {
    const files = readdirSync(demo.site.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => !/\/onRequest\/|\.json$|\.safetensors$|\.bin$/.test(file));
    const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(files.length).toBeGreaterThan(10);
    expect(total).toBeGreaterThan(150_000);
    expect(total).toBeLessThan(305_000);
  });
});

describe('a first visit', () => {
  it('shows a flow before there is a GPU, trains when asked, and does its work in small pieces', async () => {
    const { page, problems, close } = await arrive(demo.browser, demo.site.url);
    const { tasks } = await tasksDuring(page, async () => {
      await page.goto(demo.site.url);
      await ready(page);
      await page.click('#train');
      await page.waitForFunction(() => performance.getEntriesByName('wgflow-training').length > 0);
      // On a busy machine, a few seconds give too few steps to compare a task with.
      await page.waitForTimeout(3000);
      await expectSoon(() => step(page)).toBeGreaterThan(100);
    });
    const at = (name: string): Promise<number> =>
      page.evaluate((mark) => performance.getEntriesByName(mark)[0]?.startTime ?? NaN, name);
    const [picture, gpu, training] = [
      await at('wgflow-first-picture'),
      await at('wgflow-ready'),
      await at('wgflow-training'),
    ];
    expect(picture).toBeLessThan(gpu);
    expect(gpu).toBeLessThan(training);
    // Measured in the thread's own time, which a slow or busy machine does not change.
    expect(tasks.length).toBeGreaterThan(100);
    expect(Math.max(...tasks)).toBeLessThan(0.15 * total(tasks));
    expect(problems).toEqual([]);
    await close();
  });

  it('has its pictures, in the place that was kept for them', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url);
    await expectSoon(async () => (await look(canvas(page, 'density'))).colours).toBeGreaterThan(20);
    for (const picture of ['samples', 'latent', 'grid', 'layers'] as const) {
      await expectSoon(async () => (await look(canvas(page, picture))).drawn).toBeGreaterThan(0.01);
    }
    // Without opening what is folded, which moves the rest.
    await page.waitForSelector('#train:enabled');
    await page.waitForTimeout(500);
    expect((await takeSeen(page)).shifts.filter(({ value }) => value > 0.002)).toEqual([]);
    await close();
  });
});

describe('training', () => {
  const current = visitFor(QUICK);

  it('tells what the model costs at once, and the time of a step once it is measured', async () => {
    const { page } = current();
    await expectSoon(() => page.textContent('#price-parameters')).toBe('9,488');
    await expectSoon(() => page.textContent('#price-bytes')).toMatch(/^[\d.]+ [kM]B$/);
    await expectSoon(() => page.textContent('#adapter')).toMatch(/swiftshader: no GPU here/i);
  });

  it('takes a single step, goes slowly, pauses', async () => {
    const { page } = current();
    await page.click('#step');
    await page.waitForFunction(() => /step 1\b/.test(document.getElementById('status')?.textContent ?? ''));
    await page.click('#slow');
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(3);
    await page.click('#train');
    await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train');
    const paused = await step(page);
    await page.waitForTimeout(600);
    expect(await step(page)).toBe(paused);
    expect(paused).toBeLessThan(100);
    await page.click('#slow');
  });

  it('learns the moons to a test NLL under 1.25, and says how near the best that is', async () => {
    const { page } = current();
    await page.click('#train');
    await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train on');
    const { heldOut, floor } = await losses(page);
    expect(floor).toBe(1.13);
    expect(heldOut).toBeLessThan(1.25);
    expect(heldOut).toBeGreaterThan(1.13);
    await expectSoon(() => page.textContent('#verdict')).toMatch(/nats above the best any model can do/);
    await expectSoon(() => page.textContent('#live')).toMatch(/All 900 steps are done/);
    for (const counter of ['steps', 'samples', 'gflops']) {
      expect(numbersIn(await page.textContent(`#count-${counter}`))[0], counter).toBeGreaterThan(0);
    }
    await expectSoon(() => page.textContent('#price-step')).toMatch(/ms|µs/);
  });

  it('describes the pictures by numbers', async () => {
    const { page } = current();
    await expectSoon(() => page.textContent('#samples-words')).toMatch(/± 0\.9|± 1\.0/);
    await expectSoon(() => page.textContent('#latent-words')).toMatch(/Student's t/);
    await expectSoon(() => page.textContent('#density-words')).toMatch(/log p −1\.\d\d/);
  });

  it('shows the point under the pointer in all pictures, and its log-density is the sum of its parts', async () => {
    const { page } = current();
    await canvas(page, 'density').hover({ position: { x: 120, y: 140 } });
    await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
    const z = numbersIn(await page.textContent('#point-z'));
    const [logProb = NaN] = numbersIn(await page.textContent('#point-log-prob'));
    const label = (await page.locator('#log-dets').getAttribute('aria-label')) ?? '';
    const [total = NaN, ...parts] = numbersIn(label);
    expect(parts).toHaveLength(9);
    // Student's t with 10 degrees of freedom: Γ(5.5) / (Γ(5) √(10 π)) (1 + z² / 10)^−5.5 for each feature.
    const peak = Math.log(52.34277778 / 24) - 0.5 * Math.log(10 * Math.PI);
    const base = [z[0]!, z[1]!].reduce((sum, value) => sum + peak - 5.5 * Math.log1p(value ** 2 / 10), 0);
    // Every number is rounded to a hundredth, and z enters squared.
    expect(base + total).toBeCloseTo(logProb, 1);
    const before = await look(canvas(page, 'grid'));
    await canvas(page, 'grid').hover({ position: { x: 60, y: 60 } });
    await expectSoon(async () => (await look(canvas(page, 'grid'))).centre).not.toEqual(before.centre);
  });

  it('does so by keyboard too', async () => {
    const { page } = current();
    await page.locator('[data-picture="density"] canvas.live').focus();
    await page.keyboard.press('Shift+ArrowLeft');
    await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
    const before = await page.textContent('#point-x');
    await page.keyboard.press('Shift+ArrowUp');
    await expectSoon(() => page.textContent('#point-x')).not.toBe(before);
  });

  it('scrubs from data to latent and plays back', async () => {
    const { page } = current();
    const scrub = (layer: number): Promise<void> =>
      page.locator('#layer').evaluate((range: HTMLInputElement, value) => {
        range.value = String(value);
        range.dispatchEvent(new Event('input', { bubbles: true }));
      }, layer);
    await scrub(0);
    await expectSoon(() => page.textContent('#layer-name')).toBe('data');
    await expectSoon(async () => (await look(canvas(page, 'layers'))).drawn).toBeGreaterThan(0.005);
    const atData = await look(canvas(page, 'layers'));
    await scrub(9);
    await expectSoon(() => page.textContent('#layer-name')).toBe('latent');
    await expectSoon(async () => (await look(canvas(page, 'layers'))).drawn).not.toBe(atData.drawn);
    await page.click('#play-back');
    await page.waitForFunction(() => document.getElementById('layer-name')?.textContent === 'data');
  });

  it('paints the density on a logarithmic scale and without the data', async () => {
    const { page } = current();
    await page.mouse.move(0, 0);
    await expectSoon(async () => (await look(canvas(page, 'density'))).drawn).toBeLessThan(0.35);
    const linear = await look(canvas(page, 'density'));
    await page.check('input[name="colours"][value="log"]');
    await expectSoon(async () => (await look(canvas(page, 'density'))).drawn).toBeGreaterThan(
      1.2 * linear.drawn,
    );
    const withData = await look(canvas(page, 'density'));
    await page.uncheck('#show-data');
    await expectSoon(async () => (await look(canvas(page, 'density'))).colours).not.toBe(withData.colours);
    expect(page.url()).toContain('colours=log&points=hidden');
  });

  it('saves and opens the model, the samples, the data and the picture', async () => {
    const { page } = current();
    const model = await downloaded(page, '#save-model');
    expect(model.name).toBe('moons.safetensors');
    expect(decodeModel(model.bytes).spec.bijectors).toHaveLength(9);
    const samples = await downloaded(page, '#save-samples');
    const [header, ...rows] = new TextDecoder().decode(samples.bytes).trim().split('\n');
    expect([header, rows.length]).toEqual(['x1,x2', 5000]);
    expect(rows.flatMap((row) => row.split(',').map(Number)).every(Number.isFinite)).toBe(true);
    const data = await downloaded(page, '#save-data');
    expect(new TextDecoder().decode(data.bytes).split('\n')).toHaveLength(5002);
    const picture = await downloaded(page, '#save-picture');
    expect([...picture.bytes.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);

    await page.setInputFiles('#open-model', {
      name: 'mine.safetensors',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(model.bytes),
    });
    await expectSoon(() => page.textContent('#share-words')).toBe('mine.safetensors is open.');
    await page.setInputFiles('#open-model', {
      name: 'broken.safetensors',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(model.bytes.subarray(0, 500)),
    });
    await expectSoon(() => page.textContent('#share-words')).toMatch(/broken.safetensors.*found/);
  });

  it('keeps models in the browser, opens and deletes them', async () => {
    const { page } = current();
    await page.click('#keep-model');
    await expectSoon(() => page.locator('#kept-models li').count()).toBe(1);
    await page.click('#kept-models button:has-text("Open")');
    await expectSoon(() => page.textContent('#share-words')).toBe('moons.safetensors is open.');
    await page.click('#kept-models button:has-text("Delete")');
    await expectSoon(() => page.locator('#kept').isHidden()).toBe(true);
  });

  it('copies the code of the run', async () => {
    const { page } = current();
    await page.click('#copy-code');
    await expectSoon(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(
      /flow\.fit\(data, options\)/,
    );
  });

  it('goes on without a network', async () => {
    const { page, problems } = current();
    await page.context().setOffline(true);
    await page.click('#reset');
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(10);
    await page.click('#train');
    await page.context().setOffline(false);
    expect(problems).toEqual([]);
  });
});

describe('the model', () => {
  const current = visitFor(LONG);

  it('is priced anew at every change, and brings the settings of its family', async () => {
    const { page } = current();
    const before = await page.textContent('#price-parameters');
    await page.fill('#couplings', '8');
    await page.press('#couplings', 'Enter');
    await expectSoon(() => page.textContent('#price-parameters')).not.toBe(before);
    const deeper = await page.textContent('#price-parameters');
    await page.selectOption('#base', 'mixture');
    await expectSoon(() => page.textContent('#price-parameters')).not.toBe(deeper);
    await expectSoon(() => page.url()).toContain('base=mixture');
    await page.click('#step');
    await expectSoon(() => step(page)).toBe(1);
    await page.selectOption('#preset', 'vanilla');
    await expectSoon(() => page.inputValue('#hidden')).toBe('512');
    await expectSoon(() => page.inputValue('#scale')).toBe('exp');
    await page.selectOption('#preset', 'spline');
    await expectSoon(() => page.locator('#scale').isDisabled()).toBe(true);
    await expectSoon(() => page.url()).toContain('family=spline');
  });

  it('is fresh when a setting changes while it trains: nothing of the old run is told of it', async () => {
    const { page } = current();
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(5);
    await page.fill('#seed', '4');
    await page.press('#seed', 'Enter');
    await expectSoon(() => page.textContent('#status')).toBe('A fresh model, which knows nothing yet.');
    await page.waitForTimeout(1000);
    expect(await page.textContent('#status')).toBe('A fresh model, which knows nothing yet.');
    expect(await page.textContent('#verdict')).toBe('Nothing trained yet.');
  });

  it('that cannot be is refused in words', async () => {
    const { page } = current();
    await page.fill('#hidden', '32, many');
    await page.press('#hidden', 'Enter');
    await expectSoon(() => page.textContent('#model-mistake')).toMatch(
      /Hidden widths: found "32, many", expected/,
    );
    await page.fill('#hidden', '16');
    await page.press('#hidden', 'Enter');
    await expectSoon(() => page.locator('#model-mistake').isHidden()).toBe(true);
  });
});
