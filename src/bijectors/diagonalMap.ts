/** z = (x + bias) ⊙ exp(log_scale), with a bias or without. */
import { diagonalScale } from '../kernels/elementwise/diagonal_scale.ts';
import { diagonalScaleBackward } from '../kernels/elementwise/diagonal_scale_backward.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { Bijector, LayerSpec, Layer } from './bijector.ts';
import { INVERTED } from '../kernels/resident/ops.ts';
import { offsetOf } from '../kernels/resident/row_ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';

export interface DiagonalTensors {
  bias?: TensorSlot;
  logScale: TensorSlot;
  /** On images, the pixels that share the numbers of a channel. */
  pixels?: number;
}

type Map = Pick<
  Bijector<LayerSpec, DiagonalTensors>,
  'preservesVolume' | 'forward' | 'inverse' | 'backward' | 'backwardInput'
>;

/** The map of the features, or on images of the channels: each pixel is then a row. */
export const diagonalRows: Map = {
  preservesVolume: false,

  forward(plan, { tensors }, { rows, accumulate }) {
    plan.add(diagonalScale({ ...argsOf(tensors, rows), accumulate, state: STATE, inverse: false }));
  },

  inverse(plan, { tensors }, { rows, accumulate }) {
    plan.add(diagonalScale({ ...argsOf(tensors, rows), accumulate, state: STATE, inverse: true }));
  },

  backward(plan, { tensors: { bias, logScale, pixels = 1 } }, { rows, validRows, dLogDet }) {
    const counts = { rows: rows * pixels, validRows: validRows * pixels, dLogDet };
    const buffers = { parameters: PARAMETERS, state: STATE, dState: D_STATE, gradients: GRADIENTS };
    plan.add(diagonalScaleBackward({ ...counts, bias, logScale, ...buffers }));
  },

  // The gradient is multiplied by the scales, as x is. Nothing reads the log-dets.
  backwardInput(plan, { tensors }, { rows }) {
    const { bias, ...args } = { ...argsOf(tensors, rows), accumulate: false };
    plan.add(
      diagonalScale({ ...args, bias, inverse: true, state: STATE }),
      diagonalScale({ ...args, inverse: false, state: D_STATE }),
    );
  },
};

export const diagonalMap: Map & Pick<Bijector<LayerSpec, DiagonalTensors>, 'resident'> = {
  ...diagonalRows,

  resident: {
    forward(ops, layer) {
      const { bias, logScale } = layer.tensors;
      const count = logScale.length;
      const slot = ops.keep(2 * count);
      residentMap(ops, layer, slot, false);
      return () => {
        const tensors = { tensor: logScale.offset, bias: offsetOf(bias) };
        ops.add({ kind: 'scale_backward', to: 0, count, ...tensors, slot });
        ops.sumsTo(logScale, slot);
        if (bias !== undefined) ops.sumsTo(bias, slot + count);
      };
    },
    inverse: (ops, layer) => residentMap(ops, layer, 0, true),
  },
};

function argsOf({ bias, logScale, pixels = 1 }: DiagonalTensors, rows: number) {
  return { rows: rows * pixels, pixels, bias, logScale, parameters: PARAMETERS, logDet: LOG_DET };
}

function residentMap(
  ops: RowOps,
  { tensors: { bias, logScale } }: Layer<LayerSpec, DiagonalTensors>,
  slot: number,
  inverse: boolean,
): void {
  const count = logScale.length;
  const [tensor, option] = [logScale.offset, inverse ? INVERTED : 0];
  ops.add(
    { kind: 'scale', to: 0, count, tensor, bias: offsetOf(bias), option, slot },
    { kind: 'add_tensor', tensor, count, number: inverse ? -1 : 1 },
  );
}
