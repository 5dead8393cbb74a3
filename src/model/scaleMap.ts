/** The numbers by which shaders/shared/scale_map.wgsl knows the scale maps. */
import type { ScaleMap } from '../spec/spec.ts';

const SCALE_MAPS = ['exp', 'tanh', 'sigmoid'] as const;

export function scaleMapCode(scale: ScaleMap): number {
  return SCALE_MAPS.indexOf(scale.map);
}

/** The bound of `tanh`, the floor of `sigmoid`; 1 where neither plays a part. */
export function scaleBound(scale: ScaleMap): number {
  switch (scale.map) {
    case 'tanh':
      return scale.bound;
    case 'sigmoid':
      return scale.floor ?? 0;
    case 'exp':
      return 1;
  }
}
