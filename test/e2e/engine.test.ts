import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PICTURES } from '../../demo/protocol.ts';
import type { DataSettings, Hovered, ModelSettings, Progress, View } from '../../demo/protocol.ts';
import { bundle } from './bundle.ts';
import { launchChromium } from './chromium.ts';
import type { PictureStatistics } from './enginePage.ts';
import { expectSoon, tasksDuring } from './visit.ts';

const SIDE = 240;
const MODEL: ModelSettings = {
  preset: 'realnvp',
  couplings: 6,
  hidden: [16, 16],
  residualBlocks: 0,
  scale: 'tanh',
  base: 'normal',
  batch: 256,
  learningRate: 5e-3,
  schedule: 'cosine',
  steps: 400,
  seed: 1,
};
const MOONS: DataSettings = { kind: 'toy', name: 'moons', size: 'endless' };
const VIEW: View = {
  colours: 'linear',
  theme: 'light',
  columns: [0, 1],
  layer: 3.5,
  showData: false,
  density: 'marginal',
  level: 0,
  reach: 2.6,
};

describe('the engine of the playground', () => {
  let page: Page;
  let close: () => Promise<void>;
  const problems: string[] = [];

  beforeAll(async () => {
    const [script, worker] = await Promise.all([
      bundle(new URL('./enginePage.ts', import.meta.url).pathname),
      bundle(new URL('../../demo/engine/worker.ts', import.meta.url).pathname),
    ]);
    const scripts: Record<string, string> = { '/page.js': script, '/worker.js': worker };
    const server = createServer(({ url = '/' }, response) => {
      const found = scripts[url];
      response.setHeader('content-type', found === undefined ? 'text/html' : 'text/javascript');
      response.end(
        found ?? '<!doctype html><title>engine</title><body><script type="module" src="page.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchChromium();
    close = async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    };
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'enginePage' in globalThis);
  });

  afterAll(() => close());

  const look = (): Promise<Record<string, PictureStatistics>> =>
    page.evaluate(async (pictures) => {
      const looks = pictures.map(async (picture) => [picture, await globalThis.enginePage.look(picture)]);
      return Object.fromEntries(await Promise.all(looks)) as Record<string, PictureStatistics>;
    }, PICTURES);

  it('starts, and takes a model before anything is trained', async () => {
    const { ready, configured } = await page.evaluate(
      async ({ view, side, model, data }) => {
        const { enginePage } = globalThis;
        const ready = await enginePage.start(view, side);
        enginePage.send({ type: 'configure', model, data });
        return { ready, configured: await enginePage.next('configured') };
      },
      { view: VIEW, side: SIDE, model: MODEL, data: MOONS },
    );
    expect(ready).toMatchObject({ type: 'ready', adapter: { software: true } });
    expect(configured.bijectors).toEqual(['standardize', ...Array<string>(6).fill('affine_coupling')]);
    expect(configured.columns).toEqual(['x1', 'x2']);
    expect(configured.price).toMatchObject({ msPerStep: null });
    expect(configured.price.parameters).toBeGreaterThan(1000);
  });

  it('draws the untrained flow: a round cloud', async () => {
    const { density } = await look();
    const [corner, middle] = [density!.cells[0]!, density!.cells[5]!];
    // Light theme: density is darker than the background.
    expect(middle).toBeLessThan(corner - 0.2);
    expect(density!.cells[10]).toBeCloseTo(middle, 1);
  });

  it('makes one step, and no more', async () => {
    const stopped = await page.evaluate(async () => {
      const { enginePage } = globalThis;
      enginePage.send({ type: 'step' });
      await enginePage.next('stopped');
      enginePage.mark();
      enginePage.send({ type: 'step' });
      await enginePage.next('stopped');
      const { progress } = await enginePage.next('progress');
      return { step: progress.step, losses: progress.losses.length };
    });
    expect(stopped).toEqual({ step: 2, losses: 1 });
  });

  it('says that training begins after all that it said of the step before', async () => {
    const late = await page.evaluate(async () => {
      const { enginePage } = globalThis;
      enginePage.mark();
      enginePage.send({ type: 'step' });
      enginePage.send({ type: 'train', pace: { kind: 'slow', stepsPerSecond: 50 } });
      await enginePage.next('training');
      enginePage.mark();
      const ended = enginePage.next('stopped');
      const late = await Promise.race([
        ended,
        new Promise((resolve) => setTimeout(() => resolve(null), 500)),
      ]);
      enginePage.send({ type: 'pause' });
      await ended;
      return late;
    });
    expect(late).toBe(null);
  });

  it('makes one step after a pause too, though some were on their way when it was asked for', async () => {
    const told = await page.evaluate(
      async ({ model, data }) => {
        const { enginePage } = globalThis;
        enginePage.mark();
        enginePage.send({ type: 'configure', model: { ...model, steps: 100_000 }, data });
        await enginePage.next('configured');
        enginePage.send({ type: 'train', pace: { kind: 'flat-out' } });
        await enginePage.next('progress');
        enginePage.send({ type: 'pause' });
        const paused = await enginePage.next('stopped');
        enginePage.mark();
        enginePage.send({ type: 'step' });
        const stepped = await enginePage.next('stopped');
        const mistakes = enginePage.messages.filter(({ type }) => type === 'mistake').length;
        return { endings: [paused, stepped], mistakes };
      },
      { model: MODEL, data: MOONS },
    );
    expect(told.endings.map(({ cause }) => cause)).toEqual(['paused', 'paused']);
    expect(told.endings[1]!.step).toBe(told.endings[0]!.step + 1);
    expect(told.mistakes).toBe(0);
  });

  it('trains moons without a long task of the page, tells each loss, and scores below a normal', async () => {
    const trainToTheEnd = () =>
      page.evaluate(
        async ({ model, data }) => {
          const { enginePage } = globalThis;
          enginePage.mark();
          enginePage.send({ type: 'configure', model, data });
          await enginePage.next('configured');
          const begun = enginePage.messages.length;
          enginePage.send({ type: 'train', pace: { kind: 'flat-out' } });
          const stopped = await enginePage.next('stopped');
          const told = enginePage.messages.slice(begun).filter((message) => message.type === 'progress');
          return {
            cause: stopped.cause,
            losses: told.map(({ progress }) => progress.losses.length),
            last: told.at(-1)?.progress as Progress,
            scores: told.flatMap(({ progress }) => progress.validationNll ?? []),
          };
        },
        { model: MODEL, data: MOONS },
      );
    const { result: run, tasks } = await tasksDuring(page, trainToTheEnd);
    expect(run.cause).toBe('done');
    expect(run.losses.reduce((a, b) => a + b, 0)).toBe(MODEL.steps);
    expect(run.last).toMatchObject({ step: MODEL.steps, steps: MODEL.steps });
    expect(run.last.floor).toBeCloseTo(1.131, 2);
    expect(run.last.gflops).toBeGreaterThan(0);
    // The entropy of a normal of this spread is 2.84 nats.
    expect(run.scores.at(-1)).toBeLessThan(2);
    expect(Math.max(...tasks)).toBeLessThan(50);
  });

  it('draws what it has learned: the density is where the data are', async () => {
    for (const picture of PICTURES) {
      await expectSoon(async () => (await look())[picture]!.colours).toBeGreaterThan(6);
      expect((await look())[picture], picture).toMatchObject({ width: SIDE, height: SIDE });
    }
    // The upper moon is on the left, the lower one on the right: compares their middle cells with the
    // corners.
    const dark = ({ cells }: PictureStatistics, row: number, column: number): number =>
      1 - cells[4 * row + column]!;
    for (const picture of ['density', 'samples', 'grid'] as const) {
      await expectSoon(async () => {
        const seen = (await look())[picture]!;
        return Math.min(dark(seen, 0, 1) / dark(seen, 0, 3), dark(seen, 3, 2) / dark(seen, 3, 0));
      }).toBeGreaterThan(2);
    }
  });

  it('shows what is under the pointer, the same point in data and latent space', async () => {
    const points = await page.evaluate(async () => {
      const { enginePage } = globalThis;
      const at = async (
        picture: 'density' | 'latent' | 'layers',
        x: number,
        y: number,
      ): Promise<Hovered | null> => {
        enginePage.mark();
        enginePage.send({ type: 'hover', picture, at: { x, y } });
        return (await enginePage.next('hovered')).hovered;
      };
      const data = await at('density', 0.4, 0.2);
      const [z1 = 0, z2 = 0] = data?.z ?? [];
      // The latent picture shows 4 standard deviations on each side.
      const latent = await at('latent', 0.5 + z1 / 8, 0.5 - z2 / 8);
      const beside = await at('layers', 0.001, 0.001);
      return { data, latent, beside };
    });
    const { data, latent } = points;
    expect(data!.x[0]).toBeCloseTo(-0.2 * 2.6, 5);
    expect(data!.x[1]).toBeCloseTo(0.6 * 2.6, 5);
    expect(data!.logDets).toHaveLength(7);
    const base = data!.z.reduce((sum, z) => sum - 0.5 * z * z - 0.5 * Math.log(2 * Math.PI), 0);
    expect(data!.logProb).toBeCloseTo(
      data!.logDets.reduce((a, b) => a + b, base),
      5,
    );
    latent!.x.forEach((value, index) => expect(value).toBeCloseTo(data!.x[index]!, 2));
    expect(points.beside).toBeNull();
  });

  it('takes another view at once, in the dark too', async () => {
    await page.evaluate((view) => globalThis.enginePage.send({ type: 'view', view }), {
      ...VIEW,
      theme: 'dark',
      colours: 'log',
      layer: 7,
    } satisfies View);
    for (const picture of ['samples', 'layers']) {
      await expectSoon(async () => (await look())[picture]!.mean).toBeLessThan(0.3);
    }
  });

  it('saves a model, loads it again, and draws samples from it', async () => {
    const result = await page.evaluate(async (model) => {
      const { enginePage } = globalThis;
      const bytes = (await enginePage.ask({ type: 'save' })) as Uint8Array;
      const before = await enginePage.ask({ type: 'draw-samples', count: 5000, seed: 3 });
      const opened = await enginePage.ask({ type: 'load', bytes, fileName: 'moons.safetensors', model });
      const after = await enginePage.ask({ type: 'draw-samples', count: 5000, seed: 3 });
      const rowsOf = (answer: typeof after): number[] =>
        typeof answer === 'object' && answer !== null && 'rows' in answer
          ? Array.from(answer.rows, Number)
          : [];
      const refused = await enginePage
        .ask({ type: 'load', bytes: new Uint8Array(9), fileName: 'broken', model })
        .catch((error: Error) => error.message);
      return { opened, before: rowsOf(before), after: rowsOf(after), refused };
    }, MODEL);
    expect(result.opened).toMatchObject({
      settings: MODEL,
      title: 'moons',
      columns: ['x1', 'x2'],
      origin: { kind: 'toy', name: 'moons', size: 'endless', apart: false },
    });
    expect(result.before).toHaveLength(10_000);
    expect(result.after).toEqual(result.before);
    expect(result.refused).toContain('broken');
  });

  it('keeps the centimetres of northings: in the picture, under the pointer, and in samples', async () => {
    const result = await page.evaluate(async (model) => {
      const { enginePage } = globalThis;
      const rows = Float64Array.from({ length: 800 }, (_, i) =>
        i % 2 === 0 ? 5_400_000 + 0.6 * Math.sin(i) : Math.cos(3 * i),
      );
      enginePage.mark();
      const columns = ['northing', 'height'];
      const data = { kind: 'rows', rows, columns, title: 'far' } as const;
      enginePage.send({ type: 'configure', model, data });
      const { mean, std } = await enginePage.next('configured');
      enginePage.send({ type: 'train', pace: { kind: 'slow', stepsPerSecond: Infinity } });
      await enginePage.next('progress');
      enginePage.send({ type: 'pause' });
      await enginePage.next('stopped');
      // The pictures are made one by one; the pointer works when all exist.
      let hovered = null;
      while (hovered === null) {
        enginePage.mark();
        enginePage.send({ type: 'hover', picture: 'density', at: { x: 0.5, y: 0.5 } });
        ({ hovered } = await enginePage.next('hovered'));
      }
      const drawn = await enginePage.ask({ type: 'draw-samples', count: 500, seed: 3 });
      const northings = [...(drawn as { rows: Float64Array }).rows].filter((_, i) => i % 2 === 0);
      return { mean, std, hovered, northings };
    }, MODEL);
    expect(result.mean[0]).toBeCloseTo(5_400_000, 1);
    expect(result.std[0]).toBeCloseTo(0.6 * Math.SQRT1_2, 2);
    expect(result.hovered.x[0]).toBeCloseTo(result.mean[0]!, 4);
    expect(Number.isFinite(result.hovered.logProb)).toBe(true);
    expect(new Set(result.northings).size).toBeGreaterThan(490);
    expect(result.northings.every((northing) => Math.abs(northing - 5_400_000) < 20)).toBe(true);
    const { samples } = await look();
    expect(samples!.colours).toBeGreaterThan(1);
  });

  it('tells a mistake, and goes on with what was there', async () => {
    const messages = await page.evaluate(
      async ({ model }) => {
        const { enginePage } = globalThis;
        const rows = Float32Array.of(1, 5, 2, 5, 3, 5);
        enginePage.mark();
        enginePage.send({
          type: 'configure',
          model,
          data: { kind: 'rows', rows, columns: ['length', 'width'], title: 'mine' },
        });
        const { message } = await enginePage.next('mistake');
        const { width } = await enginePage.look('density');
        return { message, width };
      },
      { model: MODEL },
    );
    expect(messages.message).toContain('no spread in "width"');
    expect(messages.width).toBe(SIDE);
  });

  it('stops training when other settings are refused', async () => {
    const told = await page.evaluate(
      async ({ model, data }) => {
        const { enginePage } = globalThis;
        enginePage.mark();
        enginePage.send({ type: 'configure', model: { ...model, steps: 100_000 }, data });
        await enginePage.next('configured');
        enginePage.send({ type: 'train', pace: { kind: 'flat-out' } });
        await enginePage.next('progress');
        enginePage.mark();
        enginePage.send({ type: 'configure', model: { ...model, couplings: 0 }, data });
        const { cause } = await enginePage.next('stopped');
        enginePage.mark();
        const begun = enginePage.messages.length;
        await new Promise((resolve) => setTimeout(resolve, 500));
        const after = enginePage.messages.slice(begun).filter(({ type }) => type === 'progress').length;
        return { cause, after };
      },
      { model: MODEL, data: MOONS },
    );
    expect(told).toEqual({ cause: 'refused', after: 0 });
  });

  it('survives the loss of its device, and trains on from the last snapshot', async () => {
    const run = await page.evaluate(
      async ({ model, data }) => {
        const { enginePage } = globalThis;
        enginePage.mark();
        enginePage.send({ type: 'configure', model: { ...model, steps: 100_000 }, data });
        await enginePage.next('configured');
        enginePage.send({ type: 'train', pace: { kind: 'slow', stepsPerSecond: 20 } });
        await enginePage.next('progress');
        enginePage.send({ type: 'pause' });
        await enginePage.next('stopped');
        enginePage.mark();
        enginePage.send({ type: 'train', pace: { kind: 'flat-out' } });
        await enginePage.next('progress');
        enginePage.send({ type: 'lose-device' });
        await enginePage.next('device-lost');
        const { step } = await enginePage.next('resumed');
        enginePage.mark();
        const { progress } = await enginePage.next('progress');
        // The tab is hidden, then shown again.
        enginePage.send({ type: 'visibility', hidden: true });
        await enginePage.rest();
        enginePage.mark();
        enginePage.send({ type: 'visibility', hidden: false });
        await enginePage.next('progress');
        enginePage.send({ type: 'pause' });
        await enginePage.next('stopped');
        return { step, next: progress.step };
      },
      { model: MODEL, data: MOONS },
    );
    expect(run.step).toBeGreaterThan(0);
    expect(run.next).toBeGreaterThan(run.step);
    expect((await look())['density']!.colours).toBeGreaterThan(6);
  });

  it('has nothing to complain about', () => expect(problems).toEqual([]));
});
