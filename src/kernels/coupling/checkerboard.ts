/** The params of couplings on a checkerboard of pixels: shaders/shared/checkerboard.wgsl. */
import type { Checkerboard } from '../../model/image.ts';

export const CHECKERBOARD_PARAMS = { n_pixels: 'u32', width: 'u32', parity: 'u32' } as const;

export function checkerboardParams({ pixels = 1, width = 1, parity = 0 }: Partial<Checkerboard> = {}): {
  n_pixels: number;
  width: number;
  parity: number;
} {
  return { n_pixels: pixels, width, parity };
}
