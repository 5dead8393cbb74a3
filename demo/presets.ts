/** The starting values and available settings of each preset. Titles and descriptions are the library's. */
import type { BijectorSpec, FlowSpec, NetSpec, PresetName, ScaleMap } from '../src/index.ts';
import type { ModelSettings } from './protocol.ts';

interface PresetChoice {
  /** The type of the layers whose number and nets can be set. */
  coupling: BijectorSpec['type'];
  /** These layers have a scale map. Couplings that only shift, and splines, have none. */
  hasScaleMap: boolean;
  /** These layers map a box to itself, as a uniform base needs: splines leave points outside it unchanged. */
  hasBox: boolean;
  /** Sizes that a phone trains within a minute. */
  start: Omit<ModelSettings, 'preset'>;
}

const START: PresetChoice['start'] = {
  couplings: 8,
  hidden: [32, 32],
  residualBlocks: 0,
  scale: 'tanh',
  base: 'student-t:10',
  batch: 512,
  learningRate: 5e-3,
  schedule: 'cosine',
  steps: 2000,
  seed: 1,
};

/** In the order in which the page offers them. */
export const PRESET_CHOICES: Readonly<Record<PresetName, PresetChoice>> = {
  realnvp: { coupling: 'affine_coupling', hasScaleMap: true, hasBox: false, start: START },
  spline: {
    coupling: 'rational_quadratic_coupling',
    hasScaleMap: false,
    hasBox: true,
    start: { ...START, couplings: 4, base: 'normal' },
  },
  glow: { coupling: 'affine_coupling', hasScaleMap: true, hasBox: false, start: START },
  nice: { coupling: 'additive_coupling', hasScaleMap: false, hasBox: false, start: START },
  vanilla: {
    coupling: 'affine_coupling',
    hasScaleMap: true,
    hasBox: false,
    start: {
      ...START,
      couplings: 5,
      hidden: [512],
      scale: 'exp',
      base: 'normal',
      learningRate: 1e-3,
      schedule: 'exponential:0.999',
    },
  },
};

export const PRESET_NAMES = Object.keys(PRESET_CHOICES) as PresetName[];

/** The settings that the page starts a preset with. */
export function startOf(preset: PresetName): ModelSettings {
  return { preset, ...PRESET_CHOICES[preset].start };
}

/** A layer with a net. */
export type Coupling = BijectorSpec & { conditioner: NetSpec; scale?: ScaleMap };

/** Whether the settings of a preset apply to this layer. */
export function isCouplingOf(preset: PresetName, layer: FlowSpec['bijectors'][number]): layer is Coupling {
  return layer.type === PRESET_CHOICES[preset].coupling;
}
