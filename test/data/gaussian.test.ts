import { describe, expect, it } from 'vitest';
import { gaussianLogProb, gaussianOf, momentsOf, readerOf, whiteningOf } from '../../src/data/gaussian.ts';
import { meanNll } from '../../src/data/statistics.ts';
import { normals, STREAMS } from '../../src/random.ts';

const ROWS = 400;
/** (a, 2 a + b, b − a + c + 10) of standard normals a, b, c. */
const DATA = Float64Array.from({ length: 3 * ROWS }, (_, i) => i);
const fresh = normals(4, STREAMS.toyTest, 3 * ROWS);
for (let r = 0; r < ROWS; r++) {
  const [a, b, c] = [fresh[3 * r]!, fresh[3 * r + 1]!, fresh[3 * r + 2]!];
  DATA.set([a, 2 * a + b, b - a + c + 10], 3 * r);
}
const reader = readerOf(DATA, 3);

describe('the Gaussian of a table', () => {
  it('has the likelihood that its own covariance gives: half the log-determinant and half the dimension', () => {
    const moments = momentsOf(reader);
    const covariance = (i: number, j: number): number =>
      moments.correlation[3 * i + j]! * moments.std[i]! * moments.std[j]!;
    const determinant =
      covariance(0, 0) * (covariance(1, 1) * covariance(2, 2) - covariance(1, 2) ** 2) -
      covariance(0, 1) * (covariance(1, 0) * covariance(2, 2) - covariance(1, 2) * covariance(2, 0)) +
      covariance(0, 2) * (covariance(1, 0) * covariance(2, 1) - covariance(1, 1) * covariance(2, 0));
    const expected = 1.5 * Math.log(2 * Math.PI * Math.E) + 0.5 * Math.log(determinant);
    expect(meanNll(gaussianLogProb(gaussianOf(moments)!, reader))).toBeCloseTo(expected, 9);
  });

  it('is conditioned on its first columns: the chain rule holds', () => {
    const whole = meanNll(gaussianLogProb(gaussianOf(momentsOf(reader))!, reader));
    const first = readerOf(
      DATA.filter((_, i) => i % 3 === 0),
      1,
    );
    const alone = meanNll(gaussianLogProb(gaussianOf(momentsOf(first))!, first));
    const rest = Float64Array.from(DATA.filter((_, i) => i % 3 !== 0));
    const given = readerOf(rest, 2, Float32Array.from(DATA.filter((_, i) => i % 3 === 0)));
    const conditional = gaussianOf(momentsOf(given), given)!;
    expect(alone + meanNll(gaussianLogProb(conditional, given))).toBeCloseTo(whole, 5);
  });

  it('leaves out what the context says twice, and refuses a column that others determine', () => {
    const oneHot = Float32Array.from({ length: 2 * ROWS }, (_, i) => ((i >> 1) % 2 === i % 2 ? 1 : 0));
    const given = readerOf(DATA, 3, oneHot);
    const conditional = gaussianOf(momentsOf(given), given)!;
    expect(gaussianLogProb(conditional, given).every(Number.isFinite)).toBe(true);
    const dependent = Float64Array.from(DATA, (value, i) =>
      i % 3 === 2 ? DATA[i - 2]! + DATA[i - 1]! : value,
    );
    expect(gaussianOf(momentsOf(readerOf(dependent, 3)))).toBeUndefined();
  });

  it('has a whitening that leaves no correlation', () => {
    const moments = momentsOf(reader);
    const W = whiteningOf(gaussianOf(moments)!);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) {
          for (let l = 0; l < 3; l++) sum += W[3 * i + k]! * moments.correlation[3 * k + l]! * W[3 * j + l]!;
        }
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 9);
      }
    }
  });
});
