/** The training settings of the presets for images. */
import type { ImagePreset } from './imagePreset.ts';

export const IMAGE_TRAINING: Pick<ImagePreset, 'training' | 'size'> = {
  training: { learningRate: 1e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: () => ({ shape: {}, training: { batch: 64, warmup: 100 } }),
};
