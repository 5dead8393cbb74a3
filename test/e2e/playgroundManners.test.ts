/** The playground's behaviour with hidden tabs, lost devices, themes, small screens, links and no GPU. */
import { describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import {
  canvas,
  demoForTests,
  expectSoon,
  look,
  losses,
  ready,
  seriousFindings,
  step,
  visit,
} from './visit.ts';

/** A small model that still has steps left at the end of any test. */
const LONG = '#v=1&data=moons&couplings=4&hidden=16&batch=64&steps=100000';

const demo = demoForTests();

describe('manners', () => {
  it('rests while the tab is hidden', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url + LONG);
    await ready(page);
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(5);
    const hide = (hidden: boolean): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    const stepsMeanwhile = async (): Promise<number> => {
      const before = await step(page);
      await page.waitForTimeout(700);
      return (await step(page)) - before;
    };
    await expectSoon(stepsMeanwhile).toBe(0);
    const resting = await step(page);
    await hide(false);
    await expectSoon(() => step(page)).toBeGreaterThan(resting);
    await close();
  });

  it('shows the recording again, and says why, when the device does not come back', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url + LONG);
    await ready(page);
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(5);
    const [worker] = page.workers();
    await worker!.evaluate(() => {
      navigator.gpu.requestAdapter = () => Promise.resolve(null);
      globalThis.dispatchEvent(new MessageEvent('message', { data: { type: 'lose-device' } }));
    });
    await page.waitForSelector('#notice-gpu:visible');
    expect(await page.locator('#notice-device').isHidden()).toBe(true);
    await expectSoon(() => page.textContent('#density-words')).toMatch(/^Two moons\. .* log p −1\.15/);
    await expectSoon(() => page.textContent('#verdict')).toMatch(/^Trained earlier, to 0\.\d\d nats above/);
    const layers = canvas(page, 'layers');
    await page.fill('#layer', '0');
    const atData = await look(layers);
    await page.fill('#layer', '9');
    await expectSoon(() => page.textContent('#layer-name')).toBe('latent');
    expect((await look(layers)).centre).not.toEqual(atData.centre);
    await close();
  });

  it('survives the loss of the device: says so, and goes on from the last snapshot', async () => {
    const { page, problems, close } = await visit(demo.browser, demo.site.url + LONG);
    await ready(page);
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(20);
    await page.waitForTimeout(3500);
    const before = await step(page);
    const [worker] = page.workers();
    await worker!.evaluate(() => {
      globalThis.dispatchEvent(new MessageEvent('message', { data: { type: 'lose-device' } }));
    });
    await expectSoon(() => page.textContent('#live')).toMatch(/The GPU is back, at step \d+/);
    await expectSoon(() => step(page)).toBeGreaterThan(before);
    await expectSoon(() => page.locator('#notice-device').isHidden()).toBe(true);
    expect(problems).toEqual([]);
    await close();
  });

  it.each([
    { colorScheme: 'light', from: 0.85, to: 1 },
    { colorScheme: 'dark', from: 0, to: 0.25 },
  ] as const)(
    'has nothing serious for axe-core in the $colorScheme theme',
    async ({ colorScheme, from, to }) => {
      const { page, close } = await visit(demo.browser, demo.site.url, { colorScheme });
      await ready(page);
      await expectSoon(() => seriousFindings(page)).toEqual([]);
      const { lightness } = await look(page.locator('main'));
      expect(lightness).toBeGreaterThan(from);
      expect(lightness).toBeLessThan(to);
      await page.click('#theme');
      const other = await look(page.locator('main'));
      expect(Math.abs(other.lightness - lightness)).toBeGreaterThan(0.5);
      await close();
    },
  );

  it('fits a phone of 360 pixels', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await ready(page);
    await expectSoon(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
    const overflowing = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, canvas, h2, h3')]
        .filter(
          (element) => !element.matches('.visually-hidden') && element.getBoundingClientRect().right > 361,
        )
        .map((element) => element.outerHTML),
    );
    expect(overflowing).toEqual([]);
    await expectSoon(() => seriousFindings(page)).toEqual([]);
    const { y, height } = (await canvas(page, 'density').boundingBox())!;
    expect(y + height / 2).toBeLessThan(740);
    // After the finger is lifted, the numbers of its point stay readable.
    await expectSoon(async () => {
      await canvas(page, 'density').tap();
      await page.waitForTimeout(300);
      return page.textContent('#point-log-prob');
    }).toMatch(/nats/);
    await page.waitForTimeout(500);
    expect(await page.textContent('#point-log-prob')).toMatch(/nats/);
    await close();
  });

  it('reaches Train by keyboard within three stops, and keeps the address of its settings', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url + LONG);
    await ready(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('train');
    await page.click('a:has-text("How it works")');
    await expectSoon(() => page.evaluate(() => document.activeElement?.id)).toBe('article');
    expect(page.url()).toBe(demo.site.url + LONG);
    await close();
  });

  it('fills the screen of a projector with two pictures and large letters, as its link says', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url, {
      viewport: { width: 1280, height: 720 },
    });
    await ready(page);
    await page.click('#projector');
    expect(page.url()).toContain('screen=projector');
    expect(await page.locator('.picture:visible').count()).toBe(2);
    expect((await canvas(page, 'density').boundingBox())!.height).toBeGreaterThan(400);
    await expectSoon(() =>
      page
        .locator('[data-picture="density"] .axes text')
        .first()
        .evaluate((text) => getComputedStyle(text).fontSize),
    ).toBe('18px');
    await page.click('#projector');
    expect(await page.locator('.picture:visible').count()).toBe(5);
    await close();
  });

  it('moves nothing by itself where less motion is wished for', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url, { reducedMotion: 'reduce' });
    // The page puts the scrubber on whole layers; the recording moves it between them.
    const places: number[] = [];
    for (let i = 0; i < 5; i++) {
      places.push(Number(await page.inputValue('#layer')));
      await page.waitForTimeout(100);
    }
    expect(places.filter((place) => !Number.isInteger(place))).toEqual([]);
    await close();
  });

  it('has a policy that lets no inline script run', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.intruder = true';
      document.head.append(script);
    });
    expect(await page.evaluate(() => 'intruder' in globalThis)).toBe(false);
    await close();
  });

  it('takes a number of points that it does not offer from a link', async () => {
    const { page, close } = await visit(demo.browser, `${demo.site.url}${LONG}&n=777`);
    await ready(page);
    await expectSoon(() => page.inputValue('#toy-size')).toBe('777');
    await expectSoon(() => page.textContent('#status')).toBe('A fresh model, which knows nothing yet.');
    expect(await page.locator('#data-mistake').isHidden()).toBe(true);
    await close();
  });

  it('says what is wrong with a link, and goes on with defaults', async () => {
    const { page, close } = await visit(demo.browser, `${demo.site.url}#v=1&couplings=9999`);
    await ready(page);
    await expectSoon(() => page.textContent('#data-mistake')).toMatch(
      /bad value for model.couplings: found 9999/,
    );
    await expectSoon(() => page.inputValue('#couplings')).toBe('8');
    await close();
  });
});

describe('the article', () => {
  it('has figures that follow their sliders', async () => {
    const { page, close } = await visit(demo.browser, demo.site.url);
    for (const [figure, slider] of [
      ['variables', '#variables-x'],
      ['area', '#area-stretch'],
      ['coupling', '#coupling-t'],
    ] as const) {
      const words = page.locator(`#${figure}-words`);
      await expectSoon(() => words.textContent()).not.toBe('');
      const before = await words.textContent();
      await page.locator(slider).focus();
      await page.keyboard.press('Home');
      await expectSoon(() => words.textContent()).not.toBe(before);
      expect((await look(page.locator(`#figure-${figure} .drawing`))).drawn).toBeGreaterThan(0.01);
    }
    await close();
  });
});

describe('without WebGPU', () => {
  it('says so with what to do, and plays the recording', async () => {
    const plain = await launchChromium({ webgpu: false });
    try {
      const { page, problems, close } = await visit(plain, demo.site.url);
      await page.waitForSelector('#notice-gpu:visible');
      await expectSoon(() => page.textContent('#notice-gpu')).toMatch(
        /no GPU.*Use a current Chrome, Edge, Safari or Firefox/,
      );
      await page.click('#notice-gpu button:last-child');
      const before = await page.inputValue('#layer');
      await expectSoon(() => page.inputValue('#layer')).not.toBe(before);
      await expectSoon(() => page.textContent('#layers-words')).toMatch(/through layer \d of/);
      await expectSoon(async () => (await look(canvas(page, 'density'))).colours).toBeGreaterThan(20);
      await page.click('#play-back');
      await page.waitForFunction(() => document.getElementById('layer-name')?.textContent === 'data');
      await expectSoon(async () => (await look(canvas(page, 'layers'))).centre[0]).toBeCloseTo(0.5, 1);
      await expectSoon(() => page.locator('#train').isDisabled()).toBe(true);
      await expectSoon(() => seriousFindings(page)).toEqual([]);
      expect(problems).toEqual([]);
      await close();
    } finally {
      await plain.close();
    }
  });

  it('trains a small flow of the chosen data on the processor, if it is asked to', async () => {
    const plain = await launchChromium({ webgpu: false });
    try {
      const { page, problems, close } = await visit(plain, demo.site.url + LONG.replace('moons', 'circles'));
      await page.waitForSelector('#notice-gpu:visible');
      await page.click('#train-reference');
      await expectSoon(() => page.textContent('#status')).toMatch(
        /^A small flow on the processor, in float64: (step \d+ of|all) 2000/,
      );
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Circles\./);
      await expectSoon(async () => (await losses(page)).heldOut ?? NaN).toBeLessThan(2.8);
      expect(await page.textContent('#adapter')).toBe('No WebGPU: the processor trains');
      expect(await page.locator('.transport button:enabled').count()).toBe(0);
      expect(problems).toEqual([]);
      await close();
    } finally {
      await plain.close();
    }
  });

  it.each([
    ['a share link', LONG.replace('moons', 'spirals')],
    ['a share link of 6 columns', LONG.replace('moons', 'mixture6')],
    ['a link for a file', LONG.replace('moons', 'file')],
    ['a link that is refused', LONG.replace('couplings=4', 'couplings=9999')],
    ['no link', ''],
  ])('offers no training, whatever is chosen, after %s', async (_, hash) => {
    const plain = await launchChromium({ webgpu: false });
    try {
      const { page, problems, close } = await visit(plain, demo.site.url + hash);
      await page.waitForSelector('#notice-gpu:visible');
      await page.click('#notice-gpu button:last-child');
      const seen = async () => ({
        enabled: await page.locator('.transport button:enabled').count(),
        status: await page.textContent('#status'),
        density: (await page.textContent('#density-words'))?.slice(0, 10),
        name: await page.textContent('#density-name'),
        verdict: (await page.textContent('#verdict'))?.slice(0, 15),
      });
      const recording = {
        enabled: 0,
        status: 'Playing a recording of a trained flow.',
        density: 'Two moons.',
        name: 'p(x), with the data',
        verdict: 'Trained earlier',
      };
      await expectSoon(seen).toEqual(recording);
      // The engine reports that there is no device first, then refuses requests.
      await page.waitForTimeout(500);
      expect(await seen()).toEqual(recording);
      await page.click('label:has(input[value="circles"])');
      await page.fill('#couplings', '6');
      await page.press('#couplings', 'Enter');
      await page.evaluate(() => (location.hash = '#v=1&data=banana&couplings=2'));
      await expectSoon(() => page.inputValue('#couplings')).toBe('2');
      await expectSoon(() => page.textContent('#code')).toMatch(/toy: 'banana'.*couplings: 2/s);
      expect(await seen()).toEqual(recording);
      expect(await page.locator('#open-model').isDisabled()).toBe(true);
      expect(problems).toEqual([]);
      await close();
    } finally {
      await plain.close();
    }
  });
});
