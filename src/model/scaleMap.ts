/** The numbers by which shaders/shared/scale_map.wgsl knows the scale maps. */

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

/**
 * Scale map of an affine coupling, from the conditioner's raw output a to the log-scale s:
 * `exp` s = a (unbounded), `tanh` s = bound · tanh(a / bound), `sigmoid` s = log σ(a + 2) (Glow; never stretches),
 * or with a `floor` s = log(σ(a + 2) + floor) (nflows).
 */
export type ScaleMap = { map: 'exp' } | { map: 'tanh'; bound: number } | { map: 'sigmoid'; floor?: number };
