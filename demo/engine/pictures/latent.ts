/** z = f(x) of the data over the rings of the standard normal. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import { pointsFor } from './density.ts';
import { aspectOf, latentFrame } from './frame.ts';
import type { Frame, Size } from './frame.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, runPass } from './sketch.ts';
import type { Sketch } from './sketch.ts';

export class LatentSketch implements Sketch {
  readonly kind = 'latent rows';
  readonly frame = latentFrame;
  readonly #scene: Scene;
  readonly #most: number;
  #count: number;
  readonly #source: { buffer: GPUBuffer };
  readonly #pass: FlowPass<'forward'>;
  readonly #tints: GPUBuffer;
  readonly #rings: BrushStroke<'rings'>;
  readonly #points: BrushStroke<'points'>;

  private constructor(scene: Scene, most: number, pass: FlowPass<'forward'>) {
    this.#scene = scene;
    this.#most = most;
    const { rows, count } = scene.shownRows(most);
    this.#count = count;
    this.#source = scene.upload('rows for the latent cloud', rows);
    this.#pass = pass;
    this.#tints = scene.storage('tints of the latent cloud', 4 * pass.rows);
    this.#rings = scene.brushes.stroke('rings');
    this.#points = scene.brushes.stroke('points', pass.buffer('state'), this.#tints);
    this.reset();
  }

  static async create(scene: Scene, flow: Flow, most: number): Promise<LatentSketch> {
    const { rows } = scene.shownRows(most);
    const pass = await scene.pass(flow, 'forward', { rows: rows.length / scene.dim });
    return new LatentSketch(scene, most, pass);
  }

  compute(): boolean {
    runPass(this.#scene.brushes.device, this.#pass, this.#source);
    return true;
  }

  reset(): void {
    const { rows, count } = this.#scene.shownRows(this.#most);
    this.#count = count;
    this.#scene.fill(this.#source.buffer, rows);
    this.#scene.write(this.#tints, this.#scene.rowTints(rows));
    this.#scene.give(this.#pass);
  }

  draw(renderPass: GPURenderPassEncoder, size: Size): void {
    const { pixelRatio, columns } = this.#scene;
    drawRings(this.#rings, renderPass, size, this.#scene, latentFrame, 1);
    const [fromX, fromY] = columnStarts(columns, this.#pass.stride);
    this.#points.set({
      fromFrame: frameParams(latentFrame),
      toFrame: frameParams(latentFrame),
      viewport: [size.width, size.height],
      aspect: aspectOf(size),
      fromX,
      fromY,
      toX: fromX,
      toY: fromY,
      share: 0,
      radius: 1.4 * pixelRatio,
      ring: 0,
      alpha: 0.65,
      tintStep: 1,
    });
    this.#points.draw(renderPass, 4, Math.min(this.#count, pointsFor(size, pixelRatio)));
  }

  dispose(): void {
    this.#pass.dispose();
    this.#rings.dispose();
    this.#points.dispose();
  }
}

/** Draws the rings in any frame, with `strength` from 0 to 1. */
export function drawRings(
  rings: BrushStroke<'rings'>,
  renderPass: GPURenderPassEncoder,
  size: Size,
  { palette, pixelRatio }: Scene,
  frame: Frame,
  strength: number,
): void {
  rings.set({
    frame: frameParams(frame),
    ring: [...palette.line, strength],
    glow: [...palette.model, 0.14 * strength],
    viewport: [size.width, size.height],
    aspect: aspectOf(size),
    width: pixelRatio,
  });
  rings.draw(renderPass, 3);
}
