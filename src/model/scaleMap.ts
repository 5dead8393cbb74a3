/** The map from a conditioner's raw output a to the log-scale s of an affine coupling. */
import * as v from 'valibot';
import { positiveNumber } from './schema.ts';

/**
 * `exp` s = a (unbounded), `tanh` s = bound · tanh(a / bound), `sigmoid` s = log σ(a + 2) (Glow; never stretches), or
 * with a `floor` s = log(σ(a + 2) + floor) (nflows), `softclip` s = a / (1 + |a| / bound) (zuko).
 */
export const scaleMapSchema = v.variant('map', [
  v.strictObject({ map: v.literal('exp') }),
  v.strictObject({ map: v.literal('tanh'), bound: positiveNumber() }),
  v.strictObject({ map: v.literal('sigmoid'), floor: v.optional(positiveNumber()) }),
  v.strictObject({ map: v.literal('softclip'), bound: positiveNumber() }),
]);
/**
 * The map from the output a of a net to the log-scale s: `exp` s = a, `tanh` s = bound · tanh(a / bound), `sigmoid` s
 * = log(σ(a + 2) + floor) with floor 0 by default, `softclip` s = a / (1 + |a| / bound).
 */
export type ScaleMap = v.InferOutput<typeof scaleMapSchema>;

export const SCALE_MAPS = [
  'exp',
  'tanh',
  'sigmoid',
  'softclip',
] as const satisfies readonly ScaleMap['map'][];

/** Its number in shaders. */
export function scaleMapCode({ map }: ScaleMap): number {
  return SCALE_MAPS.indexOf(map);
}

/** The bound of `tanh` and `softclip`, or the floor of `sigmoid`; 1 if there is neither. */
export function scaleBound(scale: ScaleMap): number {
  if ('bound' in scale) return scale.bound;
  return scale.map === 'sigmoid' ? (scale.floor ?? 0) : 1;
}

/** `tanh scale, bound 3`. */
export function scaleWords(scale: ScaleMap): string {
  const { map, ...numbers } = scale;
  return [`${map} scale`, ...Object.entries(numbers).map(([name, value]) => `${name} ${value}`)].join(', ');
}
