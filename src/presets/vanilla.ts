/**
 * The Real NVP of an introductory article, Brennan Gebotys, "Going with the Flow: An Introduction to Normalizing
 * Flows": unbounded exp scales, separate s and t nets, PyTorch's initialisation.
 */
import type { Preset } from './preset.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';

/**
 * `couplings` affine couplings (default 5) with roles that swap from one to the next, and no standardisation.
 * The s and t nets have one 512-wide LeakyReLU layer. Needs two features. A small model after Dinh et al.
 * 2016, whose networks are residual with batch normalisation.
 * @throws {ShapeError} when `dim` or an option is out of range
 * @see Gebotys, "Going with the Flow: An Introduction to Normalizing Flows"
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export function vanilla(dim: number, options: PresetOptions = {}): FlowSpec {
  requirePreset('vanilla', dim, options);
  const { couplings = 5, contextDim = 0, domain, base = { type: 'standard_normal' }, ...net } = options;
  return {
    version: 1,
    dim,
    contextDim,
    base,
    bijectors: [
      ...domainMap(dim, domain),
      ...Array.from({ length: couplings }, (_, index): BijectorSpec => ({
        type: 'affine_coupling',
        split: Math.max(1, Math.floor(dim / 2)),
        flip: index % 2 === 1,
        scale: { map: 'exp' },
        conditioner: {
          ...netShape(net, [512]),
          activation: 'leaky_relu',
          separate: true,
          init: 'torch_linear',
        },
      })),
    ],
  };
}

export const vanillaPreset = {
  name: 'vanilla',
  title: 'Vanilla Real NVP',
  summary:
    "the Real NVP of Gebotys' introduction: separate 512-wide nets, unbounded exp scales, PyTorch's initialisation",
  words: "A textbook's Real NVP: unbounded scales and wide nets. It can diverge.",
  spec: vanilla,
  // The article clips nothing. Without clipping, one outlier can derail the unbounded scales for good.
  training: { learningRate: 1e-3, schedule: { kind: 'exponential', decay: 0.999 }, clipNorm: 10 },
  size: () => ({ shape: {}, training: {} }),
} as const satisfies Preset;
