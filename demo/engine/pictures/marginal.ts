/** The density of two columns alone, from samples of the model: counted in cells and smoothed. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import type { Frame } from './frame.ts';
import type { Scene } from './scene.ts';
import { columnStarts, disposeAll } from './sketch.ts';

/** The latent points stay the same, so that the density moves rather than flickers while the flow learns. */
const SEED = 2;
/** Blur in standard deviations of the data, times rows^(−1/6): half of what suits a Gaussian, for finer shapes. */
const BLUR = 0.5;
/** A narrower blur would leave single cells. */
const MIN_SIGMA = 0.8;

export class Marginal {
  readonly kind = 'marginal rows';
  readonly side: number;
  readonly #scene: Scene;
  readonly #pass: FlowPass<'sample'>;
  readonly #counts: GPUBuffer;
  readonly #counting: BrushStroke<'countCells'>;
  /** The smoothing into each buffer. */
  readonly #smoothing = new Map<GPUBuffer, BrushStroke<'smoothCells'>>();

  private constructor(scene: Scene, pass: FlowPass<'sample'>, side: number) {
    this.side = side;
    this.#scene = scene;
    this.#pass = pass;
    this.#counts = scene.storage('counts of the marginal', 4 * side * side);
    this.#counting = scene.brushes.stroke('countCells', pass.buffer('state'), this.#counts);
    this.reset();
  }

  /** @param side cells along a side of the grid */
  static async create(scene: Scene, flow: Flow, rows: number, side: number): Promise<Marginal> {
    const pass = await scene.pass(flow, 'sample', { rows: Math.min(rows, flow.passRows), seed: SEED });
    return new Marginal(scene, pass, side);
  }

  get rows(): number {
    return this.#pass.rows;
  }

  reset(): void {
    this.#scene.give(this.#pass);
  }

  /** Writes log p of the frame's cells. */
  encode(encoder: GPUCommandEncoder, { centre, half }: Frame, logProb: GPUBuffer): void {
    const { side, rows } = this;
    const { columns, view } = this.#scene;
    const [startX, startY] = columnStarts(columns, this.#pass.stride);
    const smoothing = this.#smoothing.get(logProb) ?? this.#smooth(logProb);
    this.#counting.set({ centre, halfSize: half, rows, side, startX, startY });
    // The frame is two times `reach` standard deviations wide.
    const sigma = Math.max(MIN_SIGMA, (BLUR * rows ** (-1 / 6) * side) / (2 * view.reach));
    const cellArea = (4 * half[0] * half[1]) / (side * side);
    smoothing.set({ side, rows, sigma, cellArea });
    this.#pass.encode(encoder);
    encoder.clearBuffer(this.#counts);
    this.#counting.dispatch(encoder, Math.ceil(rows / 64));
    smoothing.dispatch(encoder, Math.ceil((side * side) / 64));
  }

  dispose(): void {
    disposeAll([this.#pass, this.#counting, ...this.#smoothing.values()]);
  }

  #smooth(logProb: GPUBuffer): BrushStroke<'smoothCells'> {
    const made = this.#scene.brushes.stroke('smoothCells', this.#counts, logProb);
    this.#smoothing.set(logProb, made);
    return made;
  }
}
