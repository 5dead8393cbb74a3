/** How nets store numbers, and half precision as the GPU has it: IEEE binary16, 11 significant bits, to 65,504. */

/** How the weights and hidden activations of nets are stored; parameters, gradients and sums are f32 either way. */
export const PRECISIONS = ['f32', 'f16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Of the smallest numbers that have all their significant bits; from there to zero the distance stays the same. */
const MIN_EXPONENT = -14;
const FRACTION_BITS = 10;
/** Halfway from the largest number, 65,504, to where the next one would be. */
const OVERFLOW = 65_520;

const bits = new DataView(new ArrayBuffer(8));

/** The number of half precision that is nearest to `value`, of two the even one; infinite from 65,520 on. */
export function roundToHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < Infinity)) return value;
  if (size >= OVERFLOW) return Math.sign(value) * Infinity;
  // Of a float64 near 1.5 · 2⁵² steps the last bit is one step.
  const shift = 1.5 * 2 ** 52 * stepAt(size);
  return value + shift - shift;
}

/**
 * How far `exact` is from the numbers that are stored as `half`: 0 where it is one of them. A kernel that computes in
 * float32 stores what its f64 twin would, or a number whose distance is within the error of float32.
 */
export function distanceToHalf(half: number, exact: number): number {
  if (roundToHalf(exact) === half) return 0;
  // As far as from infinity is from where the number after the largest one would be.
  const size = Math.min(Math.abs(half), 2 ** 16);
  const towards = Math.sign(exact - half);
  // Below a power of two the distance of the numbers is half of that above it.
  const step = towards * half >= 0 ? stepAt(size) : stepAt(size - stepAt(size) / 4);
  const edge = Math.sign(half) * size + (towards * step) / 2;
  return Math.abs(exact - edge);
}

/** The numbers as the GPU stores them, each rounded. */
export function toHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(values, halfBits);
}

/** The numbers that the GPU stores so. */
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
  // A leading bit, where there is one, carries into the exponent.
  const exponent = Math.log2(step) + FRACTION_BITS - MIN_EXPONENT;
  return sign | ((exponent << FRACTION_BITS) + size / step);
}

/** The distance of the numbers around `size`. */
function stepAt(size: number): number {
  bits.setFloat64(0, size);
  const exponent = ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, MIN_EXPONENT) - FRACTION_BITS);
}
