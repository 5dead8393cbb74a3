/** The parameters of a fresh flow. */
import { paramLayout } from './paramLayout.ts';
import type { DenseSlots, ParamLayout } from './paramLayout.ts';
import { STREAMS, uniforms } from './random.ts';
import type { FlowSpec } from './spec.ts';

/**
 * Initial parameters, flat in the order of `paramLayout(spec)`. Weights and biases are U(−1/√in, 1/√in), as
 * PyTorch's Linear draws them; last layers are zero where the conditioner says `zero_last`. Standardisation
 * starts as the identity until the training data set it.
 */
export function initialParameters(
  spec: FlowSpec,
  seed: number,
  layout: ParamLayout = paramLayout(spec),
): Float32Array {
  const parameters = new Float32Array(layout.length);
  const draws = uniforms(seed, STREAMS.init, layout.trainableLength);
  for (const slots of layout.bijectors) {
    if (slots.type === 'standardize') {
      parameters.fill(1, slots.std.offset, slots.std.offset + slots.std.length);
      continue;
    }
    for (const net of slots.nets) {
      const drawn = slots.spec.conditioner.init === 'zero_last' ? net.layers.slice(0, -1) : net.layers;
      for (const layer of drawn) drawLayer(parameters, draws, layer);
    }
  }
  return parameters;
}

function drawLayer(parameters: Float32Array, draws: Float64Array, layer: DenseSlots): void {
  const bound = 1 / Math.sqrt(layer.inputs);
  for (const { offset, length } of [layer.weight, layer.bias]) {
    for (let i = offset; i < offset + length; i++) parameters[i] = bound * (2 * (draws[i] ?? 0) - 1);
  }
}
