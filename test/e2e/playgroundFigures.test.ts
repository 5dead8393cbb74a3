/** Figures for slides and papers. */
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { demoForTests, downloaded, expectSoon, pagesOf } from './visit.ts';

const demo = demoForTests();
const onPage = pagesOf(demo);
const SHORT = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=120';

describe('a preview of a link', () => {
  it('has a title and a picture', () =>
    onPage('', async (page) => {
      const meta = (name: string): Promise<string | null> =>
        page.locator(`meta[property="og:${name}"]`).getAttribute('content');
      expect(await meta('title')).toMatch(/^wgflow playground/);
      const image = await page.request.get(new URL((await meta('image')) ?? '', demo.site.url).href);
      expect([...(await image.body()).subarray(0, 2)]).toEqual([0xff, 0xd8]);
    }));
});

describe('a figure', () => {
  it('is saved from every picture with its axes, from the loss, as a poster and as a clip', () =>
    onPage(SHORT, async (page) => {
      // A clip of the training.
      await page.click('#slow');
      await page.click('#train');
      await page.click('#save-clip');
      await expectSoon(() => page.textContent('#save-clip')).toBe('End the clip');
      await expectSoon(() => page.textContent('#status')).toMatch(/^Step (?:[3-9]|\d\d)/);
      const training = await downloaded(page, '#save-clip');
      expect(training.name).toBe('moons.webm');
      // The head of an EBML file.
      expect([...training.bytes.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);
      await page.click('#slow');
      await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train on');

      const before = await page.locator('[data-picture="density"] canvas.live').evaluate(sizeOf);
      for (const picture of ['density', 'layers', 'samples', 'latent', 'grid']) {
        await page.selectOption('#figure', picture);
        const { name, bytes } = await downloaded(page, '#save-picture');
        expect(name).toBe(`moons-${picture}.png`);
        const { width, height } = decode(bytes);
        expect([width, height]).toEqual([1400, picture === 'density' ? 1524 : 1456]);
        expect(coloursOf(bytes)).toBeGreaterThan(10);
      }
      expect(await page.locator('[data-picture="density"] canvas.live').evaluate(sizeOf)).toEqual(before);
      const poster = await downloaded(page, '#save-poster');
      expect(poster.name).toBe('moons-poster.png');
      expect(decode(poster.bytes).width).toBe(2624);

      const csv = new TextDecoder().decode((await downloaded(page, '#save-loss-csv')).bytes);
      const [header, ...rows] = csv.trim().split('\n');
      expect(header).toBe('step,training,held_out');
      expect(rows.length).toBeGreaterThan(100);
      const drawing = new TextDecoder().decode((await downloaded(page, '#save-loss-svg')).bytes);
      const read = await page.evaluate((text) => {
        const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
        return {
          name: svg.nodeName,
          title: svg.querySelector('title')?.textContent,
          stroke: svg.querySelector('.train')?.getAttribute('stroke'),
        };
      }, drawing);
      expect(read).toEqual({
        name: 'svg',
        title: 'Moons, Real NVP, 4 couplings, step 120',
        stroke: expect.stringMatching(/^rgb/) as string,
      });

      // A clip of the scrubber, which returns to its place.
      const layer = await page.inputValue('#layer');
      const scrub = await downloaded(page, '#save-clip');
      expect([...scrub.bytes.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);
      await expectSoon(() => page.inputValue('#layer')).toBe(layer);
    }));
});

function sizeOf(canvas: Element): [number, number] {
  const { width, height } = canvas as HTMLCanvasElement;
  return [width, height];
}

function coloursOf(png: Uint8Array): number {
  const { data, channels } = decode(png);
  const colours = new Set<number>();
  for (let i = 0; i < data.length; i += 40 * channels) {
    colours.add((((data[i] ?? 0) >> 4) << 8) | (((data[i + 1] ?? 0) >> 4) << 4) | ((data[i + 2] ?? 0) >> 4));
  }
  return colours.size;
}
