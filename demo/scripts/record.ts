/**
 * Trains the small flow that the page shows first, and records it: npm run demo:record writes
 * demo/assets/moons.safetensors and demo/assets/recording.json.
 */
import { writeFile } from 'node:fs/promises';
import { Flow, PRESETS, realnvp, toyDensity } from '../../src/index.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import { paramLayout, STREAMS } from '../../src/page/index.ts';
import { openDevice } from '../../src/node.ts';
import { packed, RECORDED_UNIT } from '../page/recordedFlow.ts';
import type { RecordedFlow } from '../page/recordedFlow.ts';

const POINTS = 400;
const TEST_POINTS = 20_000;
const REACH = 2.6;
const LATTICE_SIDE = 41;
const LATTICE_REACH = 3;
const DENSITY_SIDE = 80;
/** The lowest bits of each weight are zero, so that the file compresses better. */
const ZERO_BITS = 11;

export async function main(): Promise<void> {
  const moons = toyDensity('moons');
  const device = await openDevice();
  const flow = await Flow.create(realnvp(2, { couplings: 8, hidden: [16, 16] }), { device, seed: 1 });
  const options = { steps: 6000, batch: 512, ...PRESETS.realnvp.training, seed: 1, preset: 'realnvp' };
  for await (const { step, nll } of flow.fit({ toy: 'moons' }, options)) console.error(step, nll.toFixed(3));

  const assets = new URL('../assets/', import.meta.url);
  const bytes = coarse(await flow.save());
  using shown = await Flow.load(bytes, { device });
  await writeFile(new URL('moons.safetensors', assets), bytes);
  await writeFile(new URL('recording.json', assets), JSON.stringify(packed(await record(shown, moons))));
  flow.dispose();
  device.destroy();
}

async function record(flow: Flow, moons: ReturnType<typeof toyDensity>): Promise<RecordedFlow> {
  const parameters = await flow.parameters();
  const samples = await flow.sample(POINTS, { seed: 5 });
  const test = await flow.logProb(moons.sample(1, STREAMS.toyTest, 0, TEST_POINTS));
  const { bijectors } = flow.spec;
  return {
    title: 'Two moons',
    bijectors: bijectors.map(({ type }) => type),
    nll: rounded(-test.reduce((sum, value) => sum + value, 0) / TEST_POINTS, 1000),
    floor: rounded(moons.entropy, 1000),
    reach: REACH,
    stops: [samples, ...bijectors.map((_, i) => firstLayers(flow, parameters, i + 1).forward(samples).z)].map(
      whole,
    ),
    data: whole(moons.sample(1, STREAMS.toyTest, 0, POINTS)),
    lattice: {
      side: LATTICE_SIDE,
      points: whole((await flow.inverse(square(LATTICE_SIDE, LATTICE_REACH))).x),
    },
    density: {
      side: DENSITY_SIDE,
      shades: shades(await flow.logProb(square(DENSITY_SIDE, REACH * (1 - 1 / DENSITY_SIDE)))),
    },
  };
}

/** Densities in 255ths of the highest. */
function shades(logProb: Float32Array): number[] {
  const highest = logProb.reduce((a, b) => Math.max(a, b), -Infinity);
  return Array.from(logProb, (value) => Math.round(255 * Math.exp(value - highest)));
}

/** The model file with weights rounded to fewer bits. */
function coarse(file: Uint8Array): Uint8Array {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  const unit = 2 ** ZERO_BITS;
  for (let at = 8 + Number(view.getBigUint64(0, true)); at < bytes.length; at += 4) {
    view.setUint32(at, unit * Math.round(view.getUint32(at, true) / unit), true);
  }
  return bytes;
}

/** The flow up to its `count`-th bijector. */
function firstLayers(flow: Flow, parameters: Record<string, Float32Array>, count: number): ReferenceFlow {
  const spec = { ...flow.spec, bijectors: flow.spec.bijectors.slice(0, count) };
  const names = new Set(paramLayout(spec).tensors.map(({ name }) => name));
  return new ReferenceFlow(
    spec,
    Object.fromEntries(Object.entries(parameters).filter(([name]) => names.has(name))),
  );
}

/** Rows [side², 2] of a lattice on [−reach, reach]², row by row from the top. */
function square(side: number, reach: number): Float32Array {
  const place = (i: number): number => reach * ((2 * i) / (side - 1) - 1);
  return Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? place(cell % side) : -place(Math.floor(cell / side));
  });
}

function whole(points: ArrayLike<number>): number[] {
  return Array.from(points, (value) => Math.round(RECORDED_UNIT * value));
}

function rounded(value: number, unit: number): number {
  return Math.round(unit * value) / unit;
}
