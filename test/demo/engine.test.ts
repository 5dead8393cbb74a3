import { afterEach, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../demo/engine/engine.ts';
import type { FromWorker, ToWorker } from '../../demo/protocol.ts';

describe('the engine where there is no WebGPU', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** All messages up to one of that type. */
  function toldUntil(type: FromWorker['type'], ...messages: ToWorker[]): Promise<FromWorker[]> {
    vi.stubGlobal('navigator', {});
    return new Promise((resolve) => {
      const told: FromWorker[] = [];
      const engine = new Engine((message) => {
        told.push(message);
        if (message.type === type) resolve(told);
      });
      for (const message of messages) engine.receive(message);
    });
  }

  const start = { type: 'start', canvases: {}, pixelRatio: 1, view: {} } as unknown as ToWorker;

  it('says so, with what to do', async () => {
    const [told] = await toldUntil('unavailable', start);
    expect(told).toMatchObject({ reason: expect.stringContaining('navigator.gpu') as string });
  });

  it('refuses what needs a model, and stays silent about the rest', async () => {
    const told = await toldUntil(
      'refusal',
      start,
      { type: 'pause' },
      { type: 'visibility', hidden: true },
      { type: 'resize', picture: 'density', width: 10, height: 10 },
      { type: 'train', pace: { kind: 'slow', stepsPerSecond: 1 } },
      { type: 'visibility', hidden: false },
      { type: 'save', id: 7 },
    );
    expect(told.map(({ type }) => type)).toEqual(['unavailable', 'refusal']);
    expect(told.at(-1)).toMatchObject({ id: 7, message: expect.stringContaining('no model') as string });
  });
});
