/** The studio's view of a picture: rows that pass through the flow, and a drawing of the result. */
import type { FlowPass, PassKind } from '../../../src/index.ts';
import type { BrushName, BrushStroke } from './brushes.ts';
import type { Frame, Size } from './frame.ts';

export interface Sketch {
  /** The key for the cost of a piece of `compute`; pieces with the same key cost the same. */
  readonly kind: string;
  /** Passes the next piece of the rows through the flow, with the current parameters; true after the last. */
  compute(): boolean;
  /** Restarts `compute`, if its rows depend on the view. */
  reset(): void;
  /** The part of the plane that is drawn; data frames are in the data's own units. */
  readonly frame: Frame;
  draw(renderPass: GPURenderPassEncoder, size: Size): void;
  dispose(): void;
}

/** Copies a pass's rows from `source`, if given, and runs them through the flow. */
export function runPass<K extends PassKind>(
  device: GPUDevice,
  pass: FlowPass<K>,
  source?: { buffer: GPUBuffer },
): void {
  const encoder = device.createCommandEncoder({ label: pass.kind });
  if (source !== undefined) {
    const state = pass.buffer('state');
    encoder.copyBufferToBuffer(source.buffer, 0, state, 0, Math.min(source.buffer.size, state.size));
  }
  pass.encode(encoder);
  device.queue.submit([encoder.finish()]);
}

/** Offsets of the shown columns in a state [D, stride]. */
export function columnStarts(columns: readonly [number, number], stride: number): [number, number] {
  return [columns[0] * stride, columns[1] * stride];
}

/** Frees several things at once. */
export function disposeAll(things: readonly (BrushStroke<BrushName> | FlowPass | undefined)[]): void {
  for (const thing of things) thing?.dispose();
}
