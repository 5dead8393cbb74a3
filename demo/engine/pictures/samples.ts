/** Fresh samples of the model. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import { pointsFor } from './density.ts';
import { aspectOf } from './frame.ts';
import type { Frame, Size } from './frame.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, runPass } from './sketch.ts';
import type { Sketch } from './sketch.ts';

/** The latent points stay the same, so that samples move rather than flicker while the flow learns. */
const SEED = 1;

export class SamplesSketch implements Sketch {
  readonly kind = 'samples rows';
  readonly #scene: Scene;
  readonly #pass: FlowPass<'sample'>;
  readonly #points: BrushStroke<'points'>;

  private constructor(scene: Scene, pass: FlowPass<'sample'>) {
    this.#scene = scene;
    this.#pass = pass;
    this.#points = scene.brushes.stroke('points', pass.buffer('state'), scene.ink('model'));
    this.reset();
  }

  static async create(scene: Scene, flow: Flow, rows: number): Promise<SamplesSketch> {
    return new SamplesSketch(scene, await scene.pass(flow, 'sample', { rows, seed: SEED }));
  }

  get frame(): Frame {
    return this.#scene.ownFrame;
  }

  compute(): boolean {
    runPass(this.#scene.brushes.device, this.#pass);
    return true;
  }

  reset(): void {
    this.#scene.give(this.#pass);
  }

  draw(renderPass: GPURenderPassEncoder, size: Size): void {
    const { dataFrame, pixelRatio, columns } = this.#scene;
    const [fromX, fromY] = columnStarts(columns, this.#pass.stride);
    this.#points.set({
      fromFrame: frameParams(dataFrame),
      toFrame: frameParams(dataFrame),
      viewport: [size.width, size.height],
      aspect: aspectOf(size),
      fromX,
      fromY,
      toX: fromX,
      toY: fromY,
      share: 0,
      radius: 1.4 * pixelRatio,
      ring: 0,
      alpha: 0.6,
      tintStep: 0,
    });
    this.#points.draw(renderPass, 4, Math.min(this.#pass.rows, pointsFor(size, pixelRatio)));
  }

  dispose(): void {
    this.#pass.dispose();
    this.#points.dispose();
  }
}
