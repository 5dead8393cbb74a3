/**
 * Perceptually uniform colours of a density, dark to light, as polynomials in the value.
 * @see Smith and van der Walt, viridis (CC0); the fit is by least squares to its table
 */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [0.2777, 0.0054, 0.3341],
  [0.105, 1.4046, 1.3846],
  [-0.3309, 0.2148, 0.0951],
  [-4.6342, -5.7991, -19.3324],
  [6.2283, 14.1799, 56.6906],
  [4.7764, -13.7451, -65.353],
  [-5.4355, 4.6459, 26.3124],
];

/** @param value from 0 to 1 @returns red, green and blue from 0 to 255 */
export function viridis(value: number): [number, number, number] {
  const t = Math.min(1, Math.max(0, value));
  const channel = (c: 0 | 1 | 2): number => {
    const sum = VIRIDIS.reduceRight((total, coefficients) => total * t + coefficients[c], 0);
    return Math.round(255 * Math.min(1, Math.max(0, sum)));
  };
  return [channel(0), channel(1), channel(2)];
}
