/** log N(z; 0, I) in nats from ‖z‖² and the number of features. */
export function normalLogDensity(sumSquares: number, features: number): number {
  return -0.5 * (sumSquares + features * Math.log(2 * Math.PI));
}
