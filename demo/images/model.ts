/** The flow of digits: Glow for images, given the label. */
import { bitsPerDimension, describeDevice, Flow, glowImage } from '../../src/index.ts';
import type { FlowSpec } from '../../src/index.ts';
import { rowsBetween } from '../../src/page/index.ts';
import { CLASSES, digitAt, loadDigits, oneHot, PIXELS, SHADES, SIDE } from './digits.ts';
import { picturesOfKinds } from './others.ts';
import type { Kind } from './others.ts';
import type { DigitsModel, Progress } from './protocol.ts';

const STEPS = 4000;

const FIT = {
  batch: 64,
  learningRate: 3e-3,
  warmup: 50,
  clipNorm: 1,
  schedule: { kind: 'cosine' },
  validation: { fraction: 0.1, patience: Infinity },
} as const;

/** The temperature of pictures of little variety. */
const TAME = 0.3;

export async function digitsModel(report: (progress: Progress) => void): Promise<DigitsModel> {
  const digits = await loadDigits();
  const flow = await Flow.create(digitsSpec(), { seed: 1 });
  const axes = Array.from({ length: 2 }, () => Float32Array.from({ length: PIXELS }, normal));
  let training: AbortController | undefined;
  let done = 0;

  const draw: DigitsModel['draw'] = async (labels, seed, temperature) =>
    shadesOf(await flow.sample(labels.length, { seed, temperature, context: oneHot(labels) }));
  const picturesOf = async (latent: Float32Array, context: Float32Array): Promise<Float32Array> =>
    shadesOf((await flow.inverse(latent, { context })).x);

  /** The bits per dimension of each picture, whatever digit it may be: all ten are alike. */
  async function meanBits(pictures: Float32Array): Promise<number> {
    const ofLabels: Float32Array[] = [];
    for (let label = 0; label < CLASSES; label++) {
      ofLabels.push(await flow.logProb(pictures, { context: oneHot([label]) }));
    }
    const logProb = Array.from({ length: pictures.length / PIXELS }, (_, row) => {
      const own = ofLabels.map((each) => each[row] ?? -Infinity);
      const most = Math.max(...own);
      return most + Math.log(own.reduce((sum, value) => sum + Math.exp(value - most), 0) / CLASSES);
    });
    return bitsPerDimension(logProb, PIXELS);
  }

  return {
    open: async () => {
      await flow.sample(1, { context: oneHot([0]) });
      const { description, vendor, architecture } = describeDevice(flow.device);
      return description || [vendor, architecture].filter(Boolean).join(' ');
    },
    draw,

    plane: async (label, points) => {
      // [64, 10]
      const mean = (await flow.parameters())['base.mean'] ?? new Float32Array();
      const latent = points.flatMap(([across, up]) =>
        Array.from(
          { length: PIXELS },
          (_, j) =>
            (mean[j * CLASSES + label] ?? 0) + across * (axes[0]?.[j] ?? 0) + up * (axes[1]?.[j] ?? 0),
        ),
      );
      return picturesOf(Float32Array.from(latent), oneHot([label]));
    },

    between: async (rows, stops) => {
      const ends = Float32Array.from(rows.flatMap((row) => [...digitAt(digits, row)])).map(
        (value) => value + 0.5,
      );
      const labels = oneHot(rows.map((row) => digits.labels[row] ?? 0));
      const { z } = await flow.forward(ends, { context: labels });
      return picturesOf(rowsBetween(z, PIXELS, stops, Math.hypot), rowsBetween(labels, CLASSES, stops));
    },

    scores: async (count) => {
      const first = digits.pixels.slice(0, count * PIXELS);
      const tame = await draw(
        Array.from({ length: count }, (_, i) => i % CLASSES),
        1,
        TAME,
      );
      const bits = {} as Record<Kind, number>;
      const kinds = picturesOfKinds(first, tame, Array.from(first, Math.random));
      for (const [kind, pictures] of Object.entries(kinds) as [Kind, Float32Array][]) {
        bits[kind] = await meanBits(pictures);
      }
      return bits;
    },

    train: async () => {
      training = new AbortController();
      const { signal } = training;
      const steps =
        done > 0 && done % STEPS === 0 ? done + STEPS : Math.max(1, Math.ceil(done / STEPS)) * STEPS;
      const context = oneHot(digits.labels);
      try {
        for await (const part of flow.fit(digits.pixels, {
          ...FIT,
          steps,
          context,
          resume: done > 0,
          signal,
        })) {
          done = part.step;
          const { bestValidationNll: nll, samplesPerSecond } = part;
          report({
            step: done,
            steps,
            digitsPerSecond: samplesPerSecond,
            ...(nll !== undefined && { bitsPerDimension: bitsPerDimension([-nll], PIXELS) }),
          });
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        training = undefined;
      }
    },

    pause: async () => Promise.resolve(training?.abort()),
  };
}

function digitsSpec(): FlowSpec {
  const { bijectors, ...spec } = glowImage([1, SIDE, SIDE], { depth: 3, width: 24, contextDim: CLASSES });
  const shades = bijectors.map((one) => (one.type === 'logit' ? { ...one, levels: SHADES } : one));
  return { ...spec, bijectors: shades };
}

function shadesOf(rows: ArrayLike<number>): Float32Array {
  return Float32Array.from(rows, (value) => Math.min(Math.max(Math.floor(value), 0), SHADES - 1));
}

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
