/** The flow of digits: Glow for images, given the label. */
import { bitsPerDimension, glowImage } from '../../src/index.ts';
import type { Flow, FlowSpec } from '../../src/index.ts';
import { CLASSES, oneHot, PIXELS, SHADES, SIDE } from './digits.ts';

export const STEPS = 4000;

export const FIT = {
  steps: STEPS,
  batch: 64,
  learningRate: 3e-3,
  warmup: 50,
  clipNorm: 1,
  schedule: { kind: 'cosine' },
} as const;

export function digitsSpec(): FlowSpec {
  const { bijectors, ...spec } = glowImage([1, SIDE, SIDE], { depth: 3, width: 24, contextDim: CLASSES });
  const shades = bijectors.map((one) => (one.type === 'logit' ? { ...one, levels: SHADES } : one));
  return { ...spec, bijectors: shades };
}

/** A draw with less variety the lower the temperature; `labels` says which digit each is. */
export async function drawDigits(
  flow: Flow,
  labels: readonly number[],
  { seed, temperature }: { seed: number; temperature: number },
): Promise<Float32Array> {
  const drawn = await flow.sample(labels.length, { seed, temperature, context: oneHot(labels) });
  return shadesOf(drawn);
}

/** The pictures of latent rows [n, 64], each given a label or a mixture of labels [n, 10]. */
export async function picturesOf(
  flow: Flow,
  latent: Float32Array,
  context: Float32Array,
): Promise<Float32Array> {
  return shadesOf((await flow.inverse(latent, { context })).x);
}

/** The latent mean of each digit, [10, 64]. */
export async function latentMeans(flow: Flow): Promise<Float32Array> {
  const mean = (await flow.parameters())['base.mean'] ?? new Float32Array();
  return Float32Array.from(
    mean,
    (_, place) => mean[(place % PIXELS) * CLASSES + Math.floor(place / PIXELS)] ?? 0,
  );
}

/** The bits per dimension of each picture [n, 64], whatever digit it may be: all ten are alike. */
export async function bitsOf(flow: Flow, pictures: Float32Array): Promise<number[]> {
  const count = pictures.length / PIXELS;
  const ofLabels: Float32Array[] = [];
  for (let label = 0; label < CLASSES; label++) {
    ofLabels.push(await flow.logProb(pictures, { context: oneHot([label]) }));
  }
  return Array.from({ length: count }, (_, row) => {
    const own = ofLabels.map((logProb) => logProb[row] ?? -Infinity);
    const most = Math.max(...own);
    const sum = own.reduce((total, value) => total + Math.exp(value - most), 0);
    return bitsPerDimension([most + Math.log(sum / CLASSES)], PIXELS);
  });
}

function shadesOf(rows: ArrayLike<number>): Float32Array {
  return Float32Array.from(rows, (value) => Math.min(Math.max(Math.floor(value), 0), SHADES - 1));
}
