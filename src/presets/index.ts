/**
 * The flow families by name, each with the training settings that suit it. `vanilla` is the model of an article,
 * Brennan Gebotys, "Going with the Flow: An Introduction to Normalizing Flows".
 */
import { glow } from './glow.ts';
import { nice } from './nice.ts';
import { realnvp } from './realnvp.ts';
import { spline } from './spline.ts';
import { tableSize } from './tableSize.ts';
import { vanilla } from './vanilla.ts';
import type { Preset } from './preset.ts';

export const PRESETS = {
  vanilla: {
    name: 'vanilla',
    summary:
      "the Real NVP of Gebotys' introduction: separate 512-wide nets, unbounded exp scales, PyTorch's initialisation",
    spec: vanilla,
    // The article clips nothing; without it, one point far out can throw the unbounded scales off for good.
    training: { learningRate: 1e-3, schedule: { kind: 'exponential', decay: 0.999 }, clipNorm: 10 },
    size: () => ({ pace: 1 }),
  },
  realnvp: {
    name: 'realnvp',
    summary: 'Real NVP that needs no tuning: bounded scales, shared nets, standardised data',
    spec: realnvp,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
    size: tableSize,
  },
  nice: {
    name: 'nice',
    summary:
      'NICE: couplings that only shift, and one scale a feature; keeps volumes, so it is the least flexible',
    spec: nice,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
    size: tableSize,
  },
  glow: {
    name: 'glow',
    summary: 'Glow for vectors: each coupling after a normalisation and a learned mixture of all features',
    spec: glow,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
    size: tableSize,
  },
  spline: {
    name: 'spline',
    summary: 'couplings by monotone splines: the most flexible',
    spec: spline,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
    size: tableSize,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export { glow, nice, realnvp, spline, vanilla };
export type { Preset };
export type { PresetOptions } from './presetOptions.ts';
