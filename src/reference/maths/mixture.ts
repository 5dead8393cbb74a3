/** A mixture of diagonal normals, from its tensors. */
import { at } from './at.ts';
import { normalLogDensity } from './normal_log_density.ts';
import { softmax } from './rational_quadratic.ts';

interface Component {
  weight: number;
  mean: number[];
  scale: number[];
}

interface MixtureParams {
  n_features: number;
  n_components: number;
  mean_offset: number;
  log_scale_offset: number;
  logits_offset: number;
}

/** The components in order; a single one has no logit. */
export function mixtureOf(parameters: Float64Array, params: MixtureParams): Component[] {
  const { n_features, n_components, mean_offset, log_scale_offset, logits_offset } = params;
  const row = (offset: number, k: number): number[] =>
    Array.from({ length: n_features }, (_, j) => at(parameters, offset + k * n_features + j));
  const logits = Array.from({ length: n_components }, (_, k) =>
    n_components === 1 ? 0 : at(parameters, logits_offset + k),
  );
  return softmax(logits).map((weight, k) => ({
    weight,
    mean: row(mean_offset, k),
    scale: row(log_scale_offset, k).map(Math.exp),
  }));
}

/** The log-density of a row, and how each component contributes to it. */
export function mixtureDensity(
  components: readonly Component[],
  z: readonly number[],
): { log: number; parts: { u: number[]; share: number }[] } {
  const parts = components.map(({ weight, mean, scale }) => {
    const u = z.map((value, j) => (value - at(mean, j)) / at(scale, j));
    const sumSquares = u.reduce((sum, one) => sum + one ** 2, 0);
    const logScale = scale.reduce((sum, one) => sum + Math.log(one), 0);
    return { u, log: Math.log(weight) + normalLogDensity(sumSquares, z.length) - logScale };
  });
  const largest = Math.max(...parts.map(({ log }) => log));
  const total = largest + Math.log(parts.reduce((sum, { log }) => sum + Math.exp(log - largest), 0));
  return { log: total, parts: parts.map(({ u, log }) => ({ u, share: Math.exp(log - total) })) };
}

/** The gradient of the log-density of a row, times `factor`: of z, and of the components' tensors. */
export function mixtureGradient(
  components: readonly Component[],
  { parts }: ReturnType<typeof mixtureDensity>,
  factor: number,
): { dZ: number[]; dMean: number[][]; dLogScale: number[][]; dLogit: number[] } {
  const shares = parts.map(({ share }) => share * factor);
  const dMean = components.map(({ scale }, k) =>
    scale.map((one, j) => (at(shares, k) * at(parts[k]?.u ?? [], j)) / one),
  );
  return {
    dZ: (components[0]?.scale ?? []).map((_, j) => -dMean.reduce((sum, row) => sum + at(row, j), 0)),
    dMean,
    dLogScale: parts.map(({ u }, k) => u.map((one) => at(shares, k) * (one ** 2 - 1))),
    dLogit: components.map(({ weight }, k) => at(shares, k) - weight * factor),
  };
}
