/** The precision of nets, and the GPU's half precision: IEEE binary16, 11 significant bits, up to 65,504. */

/** Precision of the weights and hidden activations of nets; parameters, gradients and sums are always f32. */
export const PRECISIONS = ['f32', 'f16'] as const;
/** Precision of the weights and hidden activations of nets. The rest is always f32. */
export type Precision = (typeof PRECISIONS)[number];

/** Exponent of the smallest normal numbers; below them the spacing stays constant. */
const MIN_EXPONENT = -14;
const FRACTION_BITS = 10;
/** Halfway between the largest number, 65,504, and the next one, if there were one. */
const OVERFLOW = 65_520;

const bits = new DataView(new ArrayBuffer(8));

/** The half-precision number nearest to `value`, ties to even; infinite from 65,520 on. */
export function roundToHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < Infinity)) return value;
  if (size >= OVERFLOW) return Math.sign(value) * Infinity;
  // Around 1.5 · 2⁵² steps, the last bit of a float64 is one step.
  const shift = 1.5 * 2 ** 52 * stepAt(size);
  return value + shift - shift;
}

/**
 * The distance of `exact` from the numbers that round to `half`; 0 if `exact` rounds to it. A kernel that computes in
 * float32 stores the same number as its f64 twin, or one whose distance is within the error of float32.
 */
export function distanceToHalf(half: number, exact: number): number {
  if (roundToHalf(exact) === half) return 0;
  // For infinity, take the number that would follow the largest one.
  const size = Math.min(Math.abs(half), 2 ** 16);
  const towards = Math.sign(exact - half);
  // Below a power of two the spacing is half of the spacing above it.
  const step = towards * half >= 0 ? stepAt(size) : stepAt(size - stepAt(size) / 4);
  const edge = Math.sign(half) * size + (towards * step) / 2;
  return Math.abs(exact - edge);
}

/** The numbers as the GPU stores them, each rounded. */
export function toHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(values, halfBits);
}

/** The numbers that these GPU halves represent. */
export function fromHalves(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half >> 15 === 0 ? 1 : -1;
    const exponent = (half >> FRACTION_BITS) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    const significand = exponent === 0 ? fraction : fraction + 0x400;
    return sign * significand * 2 ** (Math.max(exponent, 1) - 15 - FRACTION_BITS);
  });
}

function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const rounded = roundToHalf(value);
  const size = Math.abs(rounded);
  const sign = rounded < 0 ? 0x8000 : 0;
  if (size === Infinity) return sign | 0x7c00;
  const step = stepAt(size);
  // A normal number's leading bit carries into the exponent.
  const exponent = Math.log2(step) + FRACTION_BITS - MIN_EXPONENT;
  return sign | ((exponent << FRACTION_BITS) + size / step);
}

/** The spacing of the numbers around `size`. */
function stepAt(size: number): number {
  bits.setFloat64(0, size);
  const exponent = ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, MIN_EXPONENT) - FRACTION_BITS);
}
