/** The nets: a spec with `residualBlocks` is a residual net, any other an MLP. */
import { ShapeError } from '../errors.ts';
import type { AddTensor, ConvWindow, DenseSlots, NetSlots, TensorSlot } from '../model/tensors.ts';
import { mlp } from './mlp.ts';
import type { Net, NetSpec } from './net.ts';
import { residual } from './residual.ts';

export function netOf({ residualBlocks }: Pick<NetSpec, 'residualBlocks'>): Net {
  return residualBlocks === undefined ? mlp : residual;
}

/** @throws {ShapeError} for a residual net with several widths */
export function checkNet(where: string, { hidden, residualBlocks }: NetSpec): void {
  if (residualBlocks === undefined || hidden.length === 1) return;
  throw new ShapeError(
    `${where}.hidden`,
    `${hidden.length} widths`,
    'one, since the blocks of a residual net are all equally wide',
  );
}

/** Adds the tensors of a net. */
export function netTensors(
  spec: NetSpec,
  { name, inputs, outputs, outputStart }: Omit<NetSlots, 'layers'> & { inputs: number; outputs: number },
  add: AddTensor,
): NetSlots {
  const widths = [inputs, ...netOf(spec).innerWidths(spec), outputs];
  const layers = widths.slice(1).map((width, depth): DenseSlots => {
    const layerInputs = widths[depth] ?? 0;
    return {
      inputs: layerInputs,
      outputs: width,
      weight: add(`${name}.${depth}.weight`, [width, layerInputs], true),
      bias: add(`${name}.${depth}.bias`, [width], true),
    };
  });
  return { name, outputStart, layers };
}

/**
 * Adds the tensors of a convolutional net on images, whose widths are channels. A 1 × 1 convolution is a dense layer of
 * each pixel. The weight of a first layer that reads a context has the context's columns after the filters'.
 */
export function convNetTensors(
  spec: Pick<NetSpec, 'hidden' | 'residualBlocks'>,
  { channels, outputs, ...window }: ConvWindow & { outputs: number },
  add: AddTensor,
): NetSlots {
  const net = netOf(spec);
  const widths = [channels, ...net.innerWidths(spec), outputs];
  const layers = widths.slice(1).map((width, depth): DenseSlots => {
    const layerChannels = widths[depth] ?? 0;
    const name = `conditioner.${depth}`;
    const bias = (): TensorSlot => add(`${name}.bias`, [width], true);
    if (!net.isWide(depth, widths.length - 1)) {
      const weight = add(`${name}.weight`, [width, layerChannels, 1, 1], true);
      return { inputs: layerChannels, outputs: width, weight, bias: bias() };
    }
    const { height, width: pixels, contextCount, parity } = window;
    const conv = { channels: layerChannels, height, width: pixels, contextCount: 0 };
    const first = { ...conv, contextCount, ...(parity === undefined ? {} : { parity }) };
    const reads = depth === 0 ? first : conv;
    const columns = 9 * layerChannels + reads.contextCount;
    const shape = reads.contextCount > 0 ? [width, columns] : [width, layerChannels, 3, 3];
    const weight = add(`${name}.weight`, shape, true);
    return { inputs: columns, outputs: width, weight, bias: bias(), conv: reads };
  });
  return { name: 'conditioner', outputStart: 0, layers, pixels: window.height * window.width };
}

/** Weights and biases of a fresh net: U(−1/√in, 1/√in), or zero for a last layer with `zero_last`. */
export function startNet(
  { init }: NetSpec,
  { layers }: NetSlots,
  parameters: Float32Array,
  draw: () => number,
): void {
  layers.forEach(({ inputs, weight, bias }, depth) => {
    const bound = init === 'zero_last' && depth === layers.length - 1 ? 0 : 1 / Math.sqrt(inputs);
    for (const { offset, length } of [weight, bias]) {
      for (let i = offset; i < offset + length; i++) {
        const drawn = bound * (2 * draw() - 1);
        if (bound > 0) parameters[i] = drawn;
      }
    }
  });
}
