/** The operations of `residentPass`: each takes the rows of a tile one step further. */

/** The kinds, by their numbers in the shader. */
export const OPS = [
  'dense',
  'copy',
  'keep',
  'recall',
  'checkpoint',
  'gradient',
  'parameters',
  'activate',
  'affine',
  'affine_backward',
  'shift',
  'spline',
  'spline_backward',
  'domain',
  'scale',
  'scale_backward',
  'standardize',
  'permute',
  'solve_upper',
  'solve_lower',
  'diagonal_factors',
  'add_units',
  'add_tensor',
  'draw',
  'latent',
  'log_density',
  'log_density_backward',
] as const;
export type OpKind = (typeof OPS)[number];

/** The densities of the last four kinds; all operations of a pass have the same. */
export type Density = 'normal' | 'student_t' | 'mixture' | 'uniform';

/**
 * What a dense operation does with its sums, in this order: bits of its option, which `activate` has too. `atValue`: the
 * slope is the derivative of the activation at the value in its slot.
 */
export const STEPS = { timesSlope: 1, add: 2, activate: 4, keepSlope: 8, keep: 16, atValue: 32 } as const;

/** Bits of the options of the other operations. */
export const INVERTED = 1;
export const SHIFT_FIRST = 2;
export const UNIT_DOMAIN = 2;
/** Of `add_tensor`: the logarithms are added. */
export const LOGARITHMS = 1;
/** Of `log_density` of a uniform base: it falls outside the box. */
export const WALLS = 2;

/** The option of an operation that adds to the log-det, or subtracts from it. */
export function signOption(sign: 1 | -1): number {
  return sign === 1 ? 0 : INVERTED;
}

/** No tensor. */
export const NONE = 0xffff_ffff;

/** The fields of an operation, in the order of the shader's struct, after its kind. */
export const OP_FIELDS = [
  'to',
  'count',
  'from',
  'inputs',
  'tensor',
  'bias',
  'aux',
  'slot',
  'slope',
  'option',
  'number',
] as const;

/** Words of an operation. */
export const OP_WORDS = 1 + OP_FIELDS.length;

/**
 * An operation on units of the tile, by their numbers. shaders/resident/resident_pass.wgsl says what each kind does with
 * its fields; `tensor` and `bias` are offsets of parameters, or of packed quads, `slot` and `slope` those of factors.
 */
export interface Op extends Partial<Record<(typeof OP_FIELDS)[number], number>> {
  kind: OpKind;
}

/** The operations as the words of the shader's table. */
export function opWords(ops: readonly Op[]): number[] {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  return ops.flatMap((op) =>
    [OPS.indexOf(op.kind), ...OP_FIELDS.map((field) => op[field] ?? 0)].map((value, word) => {
      if (word < OP_WORDS - 1) return value;
      float[0] = value;
      return bits[0] ?? 0;
    }),
  );
}
