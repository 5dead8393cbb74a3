/** The score of a model on rows that it has not seen. */
export interface Score {
  /** Mean NLL in nats. */
  nll: number;
  /** Standard error of the mean in nats: NaN for one row, or if a row has no finite density. */
  error: number;
}

/** @param logProb of the rows, in nats */
export function scoreOf(logProb: Float32Array | Float64Array): Score {
  const rows = logProb.length;
  let [sum, squares] = [0, 0];
  for (const value of logProb) sum += value;
  const nll = -sum / rows;
  for (const value of logProb) squares += (value + nll) ** 2;
  return { nll, error: Math.sqrt(squares / (rows - 1) / rows) };
}
