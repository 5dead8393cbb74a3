/** The numbers by which shaders/shared/scale_map.wgsl knows the scale maps. */
import type { ScaleMap } from '../spec.ts';

const SCALE_MAPS = ['exp', 'tanh', 'sigmoid'] as const;

export function scaleMapCode(scale: ScaleMap): number {
  return SCALE_MAPS.indexOf(scale.map);
}

/** The bound of a bounded map; 1 where it plays no part. */
export function scaleBound(scale: ScaleMap): number {
  return scale.map === 'tanh' ? scale.bound : 1;
}
