/** A picture as the studio sees it: rows that go through the flow, and a drawing of what came out. */
import type { FlowPass, PassKind } from '../../../src/index.ts';
import type { BrushName, BrushStroke } from './brushes.ts';
import type { Size } from './frame.ts';

export interface Sketch {
  /** What a piece of `compute` is called where its cost is kept; the same names cost the same. */
  readonly kind: string;
  /** Submits the next piece of the rows' way through the flow, with the parameters as they are; true after the last. */
  compute(): boolean;
  /** Begins again with `compute`, where its rows depend on what the view says. */
  reset(): void;
  draw(renderPass: GPURenderPassEncoder, size: Size): void;
  dispose(): void;
}

/** Drops the rows of a pass, copied from where they are kept, through the flow. */
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

/** Where the shown columns of a state [D, stride] begin. */
export function columnStarts(columns: readonly [number, number], stride: number): [number, number] {
  return [columns[0] * stride, columns[1] * stride];
}

/** Frees several things at once. */
export function disposeAll(things: readonly (BrushStroke<BrushName> | FlowPass | undefined)[]): void {
  for (const thing of things) thing?.dispose();
}
