/** Times a training step of one library, in its own worker so that libraries do not disturb each other. */
import { configs, check, timing, training } from '../../bench/peers/configs.json';
import { loadPeer } from '#peers';
import { batchesOf, couplingsOf, measure } from '../../bench/peers/steps/job.mjs';
import { startingPoint } from '../../bench/peers/startingPoint.mjs';
import { Flow, PRESETS, toyDensity, VERSION } from '../../src/index.ts';
import type { FromPeer, Peer, ToPeer } from './protocol.ts';

/** In a page, each system gets half the time that the command line gives it. */
const TIMING = { ...timing, repeats: 3, leastRepeats: 2, enoughMs: 4000 };

/** The library's types describe a page; these are a worker's members. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToPeer>) => void;
  postMessage: (message: FromPeer) => void;
};

scope.onmessage = ({ data }) => {
  timed(data).then(scope.postMessage, (error: unknown) =>
    scope.postMessage({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
};

async function timed({ peer, config: name }: ToPeer): Promise<FromPeer> {
  const config = configs[name];
  const presets = Object.fromEntries(Object.entries(PRESETS).map(([preset, { spec }]) => [preset, spec]));
  const { data, model } = startingPoint({ toyDensity, ...presets }, config, training);
  return peer === 'wgflow' ? timeWgflow(config, data, model) : timePeer(peer, config, data, model);
}

async function timePeer(
  peer: Peer,
  config: (typeof configs)[keyof typeof configs],
  data: Float32Array,
  model: Uint8Array,
): Promise<FromPeer> {
  const { setup, stepOf } = await loadPeer(peer);
  const batches = batchesOf(data, config);
  const step = stepOf({ couplings: couplingsOf(model), batches, config, adam: training.adam });
  const { checkLosses, losses, repeats } = await measure({ check, timing: TIMING }, batches.length, step);
  return answer(setup, repeats, [...checkLosses, ...losses]);
}

async function timeWgflow(
  { batch }: (typeof configs)[keyof typeof configs],
  data: Float32Array,
  model: Uint8Array,
): Promise<FromPeer> {
  const flow = await Flow.load(model);
  try {
    const repeats: number[] = [];
    const all: number[] = [];
    let begun: { now: number; step: number } | undefined;
    // The first reports include compilation, the next ones warm up.
    const warmUntil = performance.now() + 2 * TIMING.repeatMs;
    for await (const { step, losses } of flow.fit(data, { batch, ...training.adam, steps: 1_000_000 })) {
      all.push(...losses);
      const now = performance.now();
      if (begun === undefined) {
        if (now >= warmUntil) begun = { now, step };
        continue;
      }
      if (now - begun.now < TIMING.repeatMs) continue;
      repeats.push((now - begun.now) / (step - begun.step));
      begun = { now, step };
      if (repeats.length === TIMING.repeats) break;
    }
    return answer(`wgflow ${VERSION}, fit()`, repeats, all);
  } finally {
    flow.dispose();
  }
}

function answer(setup: string, repeats: readonly number[], losses: readonly number[]): FromPeer {
  const sorted = repeats.toSorted((a, b) => a - b);
  return {
    type: 'time',
    setup,
    msPerStep: sorted[sorted.length >> 1] ?? NaN,
    spread: [sorted[0] ?? NaN, sorted.at(-1) ?? NaN],
    losses: [losses[0] ?? NaN, losses.at(-1) ?? NaN],
  };
}
