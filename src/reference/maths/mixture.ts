/** A mixture of diagonal normals, from its tensors. */
import { at } from './at.ts';
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
