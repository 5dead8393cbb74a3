/** The options of `wgflow train` for images. */
import { IMAGE_PRESETS } from '../../presets/index.ts';
import type { ImagePresetName, PresetName } from '../../presets/index.ts';

/** Options of images alone. */
export interface ImageOptions {
  /** A file with the label of each image, or `folders`. The model then takes the labels as a context. */
  labels?: string;
  /** Sides of the squares of pixels that become one. */
  shrink?: number;
  /** Whether mirror images are learned too. */
  mirror?: boolean;
  levels?: number;
  depth?: number;
  width?: number;
}

export const IMAGE_PRESET: ImagePresetName = 'glow-image';

export function isImagePreset(name: PresetName | ImagePresetName): name is ImagePresetName {
  return Object.hasOwn(IMAGE_PRESETS, name);
}
