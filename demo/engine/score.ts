/**
 * The score of a model on held-out rows: their mean NLL and its standard error, in nats. The error is NaN for
 * one row, or if a row has no finite density.
 */
export function scoreOf(logProb: Float32Array | Float64Array): { nll: number; error: number } {
  const rows = logProb.length;
  let [sum, squares] = [0, 0];
  for (const value of logProb) sum += value;
  const nll = -sum / rows;
  for (const value of logProb) squares += (value + nll) ** 2;
  return { nll, error: Math.sqrt(squares / (rows - 1) / rows) };
}
