/**
 * The flow families by name, each with the training settings that suit it. `vanilla` is the model of an article,
 * Brennan Gebotys, "Going with the Flow: An Introduction to Normalizing Flows".
 */
import type { Schedule } from '../model/schedule.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { glow } from './glow.ts';
import { nice } from './nice.ts';
import { realnvp } from './realnvp.ts';
import { spline } from './spline.ts';
import { tableSize } from './tableSize.ts';
import type { TableSize } from './tableSize.ts';
import { vanilla } from './vanilla.ts';
import type { PresetOptions } from './presetOptions.ts';

export interface Preset {
  /** What people call it. */
  title: string;
  /** One line for people who choose. */
  summary: string;
  /** The same for people who are new to flows. */
  words: string;
  /** Describes a flow of `dim` features; `Flow.create` tells what is out of range. */
  spec: (dim: number, options?: PresetOptions) => FlowSpec;
  /** Options of `fit` that suit the family. */
  training: { learningRate: number; schedule: Schedule; clipNorm: number };
}

export const PRESETS = {
  vanilla: {
    title: 'Vanilla Real NVP',
    words: "A textbook's Real NVP: unbounded scales and wide nets. It can diverge.",
    summary:
      "the Real NVP of Gebotys' introduction: separate 512-wide nets, unbounded exp scales, PyTorch's initialisation",
    spec: vanilla,
    // The article clips nothing; without it, one point far out can throw the unbounded scales off for good.
    training: { learningRate: 1e-3, schedule: { kind: 'exponential', decay: 0.999 }, clipNorm: 10 },
  },
  realnvp: {
    title: 'Real NVP',
    words: 'Each layer scales and shifts half of the coordinates. Trains well as it is.',
    summary: 'Real NVP that needs no tuning: bounded scales, shared nets, standardised data',
    spec: realnvp,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  },
  nice: {
    title: 'NICE',
    words: 'Each layer only shifts, so no layer changes a volume: the least flexible.',
    summary:
      'NICE: couplings that only shift, and one scale a feature; keeps volumes, so it is the least flexible',
    spec: nice,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  },
  glow: {
    title: 'Glow',
    words: 'Each layer first mixes all coordinates by a learned matrix.',
    summary: 'Glow for vectors: each coupling after a normalisation and a learned mixture of all features',
    spec: glow,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  },
  spline: {
    title: 'Neural spline',
    words: 'Each layer bends half of the coordinates by a monotone curve: the most flexible.',
    summary: 'couplings by monotone splines: the most flexible',
    spec: spline,
    training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export { glow, nice, realnvp, spline, vanilla };
export { tableSize };
export type { PresetOptions, TableSize };
