/** A visitor of the playground: a separate page, and its contents in numbers. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { decode } from 'fast-png';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Picture } from '../../demo/protocol.ts';
import { launchChromium } from './chromium.ts';
import { openDemoSite } from './demoSite.ts';
import type { DemoSite } from './demoSite.ts';

/** The link of a small model that still has steps left at the end of any test. */
export const SMALL = '#v=1&data=moons&couplings=4&hidden=16-16&batch=64&steps=100000';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface Visit {
  page: Page;
  /** Console errors, exceptions, violations of the policy and requests to other sites. */
  problems: string[];
  close: () => Promise<void>;
}

export interface Seen {
  shifts: { value: number; moved: string[] }[];
}

/** Chromium's entry, which is missing in the DOM's types. */
type LayoutShift = PerformanceEntry & {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
};

/** The site and a Chromium to visit it, for the tests of a file. */
export function demoForTests(): { readonly site: DemoSite; readonly browser: Browser } {
  const opened: { site?: DemoSite; browser?: Browser } = {};
  beforeAll(async () => {
    opened.site = await openDemoSite();
    opened.browser = await launchChromium();
  });
  afterAll(async () => {
    await opened.browser?.close();
    await opened.site?.close();
  });
  return {
    get site() {
      return opened.site!;
    },
    get browser() {
      return opened.browser!;
    },
  };
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const visitor = await arrive(browser, url, options);
  await visitor.page.goto(url);
  return visitor;
}

/** A visitor who has the page's address but has not opened it yet. */
export async function arrive(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    // Its cache would answer requests that a test routes.
    serviceWorkers: 'block',
    ...options,
  });
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(new URL(url).origin)) {
      problems.push(`a request to ${request.url()}`);
    }
  });
  // Collected from the start, so that loading is included.
  await page.addInitScript(() => {
    const seen: Seen = { shifts: [] };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries() as LayoutShift[]) {
        if (hadRecentInput) continue;
        seen.shifts.push({
          value,
          moved: sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 80) ?? ''),
        });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return { page, problems, close: () => context.close() };
}

/** Returns and clears the collection of `visit`'s init script. */
export function takeSeen(page: Page): Promise<Seen> {
  return page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: Seen };
    const taken = { ...seen };
    seen.shifts = [];
    return taken;
  });
}

export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('#train:enabled');
  // Tests reach every setting.
  await page.evaluate(() => {
    for (const part of document.querySelectorAll('details')) part.open = true;
  });
}

/** Polls long enough for a busy machine. */
export function expectSoon<T>(get: () => T | Promise<T>) {
  return expect.poll(get, { timeout: 60_000, interval: 100 });
}

export function canvas(page: Page, picture: Picture): Locator {
  return page.locator(`[data-picture="${picture}"] .frame`);
}

export interface Statistics {
  /** Share of the pixels that differ from the corner. */
  drawn: number;
  /** 0 black to 1 white. */
  lightness: number;
  /** Centre of the drawn pixels, from the top left, 0 to 1. */
  centre: [x: number, y: number];
  colours: number;
}

/** Axes lie over the pictures, whose pixels tests count. The page's policy refuses a style sheet. */
async function showAxes(page: Page, visibility: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((value) => {
    for (const axes of document.querySelectorAll<SVGElement>('.axes')) axes.style.visibility = value;
  }, visibility);
}

/** Statistics of a part of the page, or of its vertical strip between two shares of its width. */
export async function look(part: Locator, [left, right] = [0, 1]): Promise<Statistics> {
  // Uses a clip: a screenshot of an element waits until nothing on the page moves, and pictures do move.
  await part.evaluate((element) => element.scrollIntoView({ block: 'nearest' }));
  const box = await part.boundingBox();
  if (box === null) throw new Error('the part of the page is not shown');
  await showAxes(part.page(), 'hidden');
  const clip = { ...box, x: box.x + left * box.width, width: (right - left) * box.width };
  const { width, height, data, channels } = decode(await part.page().screenshot({ clip }));
  await showAxes(part.page(), 'visible');
  const at = (i: number): [number, number, number] => [
    data[i * channels] ?? 0,
    data[i * channels + 1] ?? 0,
    data[i * channels + 2] ?? 0,
  ];
  // The corner itself is rounded off.
  const background = at(8 * width + 8);
  const colours = new Set<number>();
  let [drawn, sum, sumX, sumY] = [0, 0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = at(i);
    sum += (r + g + b) / 765;
    const distance = Math.abs(r - background[0]) + Math.abs(g - background[1]) + Math.abs(b - background[2]);
    if (distance < 40) continue;
    drawn++;
    sumX += (i % width) / width;
    sumY += Math.floor(i / width) / height;
    colours.add(((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4));
  }
  return {
    drawn: drawn / (width * height),
    lightness: sum / (width * height),
    centre: [sumX / Math.max(1, drawn), sumY / Math.max(1, drawn)],
    colours: colours.size,
  };
}

/** Serious and critical findings of axe-core, as sentences. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<AxeResults> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}

/** The file that a click downloads. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Nats, from the chart's text alternative. */
export async function losses(page: Page): Promise<{ training?: number; heldOut?: number; floor?: number }> {
  const label = (await page.locator('#loss-chart svg').getAttribute('aria-label')) ?? '';
  const number = (name: string): number | undefined => {
    const text = new RegExp(`${name} ([−\\d.]+\\d)`).exec(label)?.[1];
    return text === undefined ? undefined : Number(text.replace('−', '-'));
  };
  return { training: number('training'), heldOut: number('held out'), floor: number('floor') };
}

export async function step(page: Page): Promise<number> {
  return Number(/\d+/.exec((await page.textContent('#status')) ?? '')?.[0] ?? 0);
}

/** The numbers in a text of the page, with its real minus signs. */
export function numbersIn(text: string | null): number[] {
  return [...(text ?? '').replaceAll('−', '-').matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) =>
    Number(number),
  );
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds that the thread ran; unlike the duration, other programs do not lengthen it. */
  tdur?: number;
  args: { name?: string };
}

/** The result of an act, and the run time in ms of each task of the page's main thread meanwhile. */
export async function tasksDuring<T>(
  page: Page,
  act: () => Promise<T>,
): Promise<{ result: T; tasks: number[] }> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser to trace');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  const result = await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const mains = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  const tasks = mains.map((main) =>
    traceEvents
      .filter(({ pid, tid }) => pid === main.pid && tid === main.tid)
      .filter(({ name, ph }) => name === 'ThreadControllerImpl::RunTask' && ph === 'X')
      .map(({ tdur = 0 }) => tdur / 1000),
  );
  // A spare process for the next page does almost nothing.
  return { result, tasks: tasks.sort((a, b) => total(b) - total(a))[0] ?? [] };
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** One page for the tests of a block; it must report no problem. */
export function visitOf(demo: ReturnType<typeof demoForTests>) {
  return (hash = '', options: BrowserContextOptions = {}): (() => Visit) => {
    let current: Visit;
    beforeAll(async () => {
      current = await visit(demo.browser, demo.site.url + hash, options);
      await ready(current.page);
    });
    afterAll(async () => {
      await current.close();
    });
    it('had nothing to complain about while it loaded', () => expect(current.problems).toEqual([]));
    return () => current;
  };
}

/** Acts as a visitor on a link's page; the page must report no problem. */
export function pagesOf(demo: ReturnType<typeof demoForTests>) {
  return async (
    hash: string,
    act: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> => {
    const { page, problems, close } = await visit(demo.browser, demo.site.url + hash, options);
    try {
      await ready(page);
      await act(page);
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  };
}

/** The file of the shown model. */
export async function savedModel(page: Page): Promise<Buffer> {
  const { bytes } = await downloaded(page, '#save-model');
  return Buffer.from(bytes);
}

export async function openModel(page: Page, buffer: Buffer, name = 'mine.safetensors'): Promise<void> {
  await page.setInputFiles('#open-model', { name, mimeType: 'application/octet-stream', buffer });
}

export async function openTable(
  page: Page,
  name: string,
  rows: readonly (readonly (number | string)[])[],
): Promise<void> {
  const text = rows.map((row) => row.join(',')).join('\n');
  await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

/** New rows from the shown model. */
export async function samples(page: Page): Promise<number[]> {
  const { bytes } = await downloaded(page, '#save-samples');
  const [, ...rows] = new TextDecoder().decode(bytes).trim().split('\n');
  return rows.flatMap((row) => row.split(',').map(Number));
}

export async function trainSome(page: Page): Promise<void> {
  await page.click('#train');
  await expectSoon(() => step(page)).toBeGreaterThan(3);
  await page.click('#train');
  // The steps in flight finish first.
  await page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train');
}
