import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { imageFeatures } from '../../model/image.ts';
import type { ImageShape } from '../../model/image.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';

export const squeezeKernel = {
  stem: 'squeeze',
  params: { n_elements: 'u32', n_pairs: 'u32', n_inner: 'u32' },
  bindings: {
    source: { access: 'read', element: 'f32' },
    moved: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE'],
} as const satisfies KernelSpec;

export interface SqueezeArguments {
  /** A multiple of 4. */
  rows: number;
  inverse: boolean;
  /** The shape [C, H, W] before the squeeze, with even H and W. */
  image: Readonly<ImageShape>;
  /** The first C · H · W features are moved, in place. */
  state: string;
  scratch: string;
}

/** Squares of 2 × 2 pixels become four channels of one pixel, or back: the rows are split, then the columns. */
export function squeeze({ rows, inverse, image, state, scratch }: SqueezeArguments): Dispatch[] {
  const [, height, width] = image;
  const quads = quadsOf(rows);
  const elements = imageFeatures(image) * quads;
  const half = (pairs: number, inner: number, source: string, moved: string): Dispatch =>
    dispatchOf(squeezeKernel, {
      params: { n_elements: elements, n_pairs: pairs, n_inner: inner },
      flags: { INVERSE: inverse },
      buffers: { source, moved },
      workgroups: gridOf(elements),
      flops: 0,
      bytes: 4 * 4 * 2 * elements,
    });
  const byRows = [height / 2, width * quads] as const;
  const byColumns = [(height * width) / 4, quads] as const;
  const [first, second] = inverse ? [byColumns, byRows] : [byRows, byColumns];
  return [half(...first, state, scratch), half(...second, scratch, state)];
}
