/** The row that the operations of a resident pass work on. */
import type { TwinCall } from '../../plan/kernel.ts';
import type { Op } from '../../kernels/resident/ops.ts';
import type { residentPassKernel } from '../../kernels/resident/resident_pass.ts';
import { activate, derivativeAtValue } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export type Call = TwinCall<typeof residentPassKernel>;
export type Fields = Required<Op>;

/** One row: its units, and its factors by slot. */
export class Row {
  readonly units: Float64Array;
  readonly logDet: number;
  readonly dLogDet: number;
  readonly outputQuads: number;
  readonly call: Call;
  readonly row: number;

  constructor(call: Call, row: number, units: Float64Array) {
    this.call = call;
    this.row = row;
    this.units = units;
    this.logDet = call.params.n_dim;
    this.outputQuads = call.sizes.OUTPUT_QUADS;
    this.dLogDet = row < call.params.n_valid_rows ? call.params.d_log_det : 0;
  }

  unit(index: number): number {
    return at(this.units, index);
  }

  parameter(offset: number): number {
    return at(this.call.buffers.parameters, offset);
  }

  packed(quad: number, element: number): number {
    return at(this.call.buffers.packed, 4 * quad + element);
  }

  activated(a: number): { value: number; derivative: number } {
    return activate(this.call.constants.ACTIVATION, a);
  }

  /** The activation's derivative where it has this value. */
  derivativeAt(value: number): number {
    return derivativeAtValue(this.call.constants.ACTIVATION, value);
  }

  logScale(a: number, bound: number): { value: number; derivative: number } {
    return logScaleOf(this.call.constants.SCALE_MAP, a, bound);
  }

  factor(slot: number): number {
    return at(this.call.buffers.factors, this.#place(slot));
  }

  keep(slot: number, value: number): void {
    this.call.buffers.factors[this.#place(slot)] = value;
  }

  /** The place of a row's unit of the state or of the log-det in a buffer of checkpoints. */
  checkpointPlace(checkpoint: number, unit: number, row: number): number {
    const { n_dim: dim, n_quads: quads } = this.call.params;
    return (checkpoint * (dim + 1) + unit) * 4 * quads + row;
  }

  #place(slot: number): number {
    const pair = Math.floor(this.row / 8);
    return (pair * this.call.params.n_slots + slot) * 8 + (this.row % 8);
  }
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
export const sum = (count: number, term: (i: number) => number): number =>
  range(count).reduce((total, i) => total + term(i), 0);
