import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAMS } from '../../src/random.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { expectClose } from '../support/compare.ts';
import { bundle } from './bundle.ts';
import { launchChromium } from './chromium.ts';
import type { PageResult } from './page.ts';

describe('in a browser', () => {
  let close: () => Promise<void>;
  let result: PageResult;
  let browser: Browser;
  let url: string;
  const problems: string[] = [];
  const x = [...toyDensity('moons').sample(4, STREAMS.toyTest, 0, 33)];

  beforeAll(async () => {
    const script = await bundle(new URL('./page.ts', import.meta.url).pathname);
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript
          ? script
          : '<!doctype html><title>wgflow</title><script type="module" src="page.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launchChromium();
    close = async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    };
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(url);
    await page.waitForFunction(() => 'runWgflow' in globalThis);
    result = await page.evaluate((rows) => globalThis.runWgflow(rows), x);
  });

  afterAll(() => close());

  it('trains, and the loss falls', () => {
    expect(result.losses).toHaveLength(60);
    expect(mean(result.losses.slice(-5))).toBeLessThan(mean(result.losses.slice(0, 5)) - 0.2);
  });

  it('maps and scores as the f64 twin does with the parameters it learned', () => {
    const { tensors, length } = paramLayout(result.spec);
    const parameters = new Float64Array(length);
    for (const { name, offset } of tensors) parameters.set(result.parameters[name]!, offset);
    const twin = new ReferenceFlow(result.spec, parameters);
    const rows = Float32Array.from(x);
    expectClose('z', result.z, twin.forward(rows).z, 1e-5);
    expectClose('logProb', result.logProb, twin.logProb(rows), 1e-5);
  });

  it('samples and saves', () => {
    expect(result.samples).toHaveLength(40);
    expect(result.samples.every(Number.isFinite)).toBe(true);
    expect(result.saved).toBeGreaterThan(1000);
  });

  it('goes on with a run after a reload by the code of docs/library.md, to the bits of one that nothing stopped', async () => {
    const docs = readFileSync(new URL('../../docs/library.md', import.meta.url), 'utf8');
    const [, code = ''] = /## A run that outlives its tab.*?```js\n(.*?)```/s.exec(docs) ?? [];
    // A run of its own may measure that other kernels are faster, which round differently.
    const quick = code
      .replace('{ dim: 2 }', "{ dim: 2, tuning: 'fixed' }")
      .replace('steps: 1000', 'steps: 120')
      .replaceAll('3000', '300');
    expect(quick).toContain("tuning: 'fixed'");
    expect(quick).toContain('steps: 120');
    const script = `(async () => {
      ${quick}
      const model = [...(await flow.save())];
      flow.dispose();
      return { model, isKept };
    })()`;
    const inContext = async (act: (page: Page) => Promise<void>): Promise<void> => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForFunction(() => 'runWgflow' in globalThis);
      await act(page);
      await context.close();
    };
    const runs: unknown[] = [];
    await inContext(async (page) => {
      const stopped = page.evaluate(script).catch(() => 'stopped');
      const size = () =>
        page.evaluate(async () => {
          const folder = await navigator.storage.getDirectory();
          const file = await folder.getFileHandle('moons.ckpt').catch(() => undefined);
          return (await file?.getFile())?.size ?? 0;
        });
      await expect.poll(size, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
      await page.reload();
      expect(await stopped).toBe('stopped');
      await page.waitForFunction(() => 'runWgflow' in globalThis);
      runs.push(await page.evaluate(script));
    });
    await inContext(async (page) => void runs.push(await page.evaluate(script)));
    const [resumed, whole] = runs as { model: number[]; isKept: boolean }[];
    expect(resumed?.isKept).toBe(true);
    expect(whole?.isKept).toBe(false);
    expect(resumed?.model).toEqual(whole?.model);
  });

  it('has nothing to complain about', () => expect(problems).toEqual([]));
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
