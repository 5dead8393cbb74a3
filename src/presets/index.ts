/**
 * The presets by name: each is a family of flows with its training settings. `vanilla` is the model of an
 * article, Brennan Gebotys, "Going with the Flow: An Introduction to Normalizing Flows".
 */
import { glowPreset } from './glow.ts';
import { glowImagePreset } from './glowImage.ts';
import type { ImagePreset } from './imagePreset.ts';
import { nicePreset } from './nice.ts';
import type { Preset } from './preset.ts';
import { realnvpPreset } from './realnvp.ts';
import { realnvpImagePreset } from './realnvpImage.ts';
import { splinePreset } from './spline.ts';
import { vanillaPreset } from './vanilla.ts';

/** The presets for rows of numbers, by name. For images: `IMAGE_PRESETS`. */
export const PRESETS = {
  vanilla: vanillaPreset,
  realnvp: realnvpPreset,
  nice: nicePreset,
  glow: glowPreset,
  spline: splinePreset,
} as const satisfies Record<string, Preset>;

/** The presets for images, by shape. */
export const IMAGE_PRESETS = {
  'glow-image': glowImagePreset,
  'realnvp-image': realnvpImagePreset,
} as const satisfies Record<string, ImagePreset>;

/** The name of a preset for rows of numbers. */
export type PresetName = keyof typeof PRESETS;
export type ImagePresetName = keyof typeof IMAGE_PRESETS;

/**
 * The preset for a table of `dim` columns. In the plane, splines follow any shape. With more columns, mixing the features
 * between couplings measured better: see docs/choosing-a-flow.md.
 */
export function tablePreset(dim: number): PresetName {
  return dim <= 2 ? 'spline' : 'glow';
}

export { glow } from './glow.ts';
export { glowImage } from './glowImage.ts';
export { nice } from './nice.ts';
export { realnvp } from './realnvp.ts';
export { realnvpImage } from './realnvpImage.ts';
export { spline } from './spline.ts';
export { vanilla } from './vanilla.ts';
export type { ImagePreset, ImagePresetOptions } from './imagePreset.ts';
export type { Preset };
export type { PresetOptions } from './presetOptions.ts';
