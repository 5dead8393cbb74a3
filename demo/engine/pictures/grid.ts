/** A lattice of the latent space warped into data space by the inverse. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import { packed } from './colours.ts';
import { aspectOf } from './frame.ts';
import type { Frame, Size } from './frame.ts';
import { lattice, plane } from './pointSets.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, runPass } from './sketch.ts';
import type { Sketch } from './sketch.ts';

const REACH = 3;
const SPACING = 0.5;
/** Segments that the flow stretches to more than this many CSS pixels fade. */
const FADE_LENGTH = 7;

/** A lattice of the two shown latent features; the others are at their mean, 0. */
export class GridSketch implements Sketch {
  readonly kind = 'grid rows';
  readonly #scene: Scene;
  readonly #lattice: ReturnType<typeof lattice>;
  readonly #source: GPUBuffer;
  readonly #pass: FlowPass<'inverse'>;
  readonly #frames: GPUBuffer;
  readonly #tints: GPUBuffer;
  readonly #curves: BrushStroke<'curves'>;

  private constructor(scene: Scene, lines: ReturnType<typeof lattice>, pass: FlowPass<'inverse'>) {
    this.#scene = scene;
    this.#lattice = lines;
    this.#pass = pass;
    this.#source = scene.storage('latent lattice', 4 * scene.dim * pass.stride);
    this.#frames = scene.storage('frame of the lattice', 16);
    this.#tints = scene.storage('colours of the lattice', 4 * lines.lines);
    this.#curves = scene.brushes.stroke('curves', pass.buffer('state'), this.#frames, this.#tints);
    this.reset();
  }

  static async create(scene: Scene, flow: Flow, pointsPerLine: number): Promise<GridSketch> {
    const lines = lattice(REACH, SPACING, pointsPerLine);
    const rows = Math.min(lines.points.length / 2, flow.passRows);
    const pass = await scene.pass(flow, 'inverse', { rows });
    return new GridSketch(scene, lines, pass);
  }

  get frame(): Frame {
    return this.#scene.ownFrame;
  }

  compute(): boolean {
    runPass(this.#scene.brushes.device, this.#pass, { buffer: this.#source });
    return true;
  }

  reset(): void {
    this.#scene.give(this.#pass);
    const { columns, dim } = this.#scene;
    const others = new Float32Array(dim);
    const within = this.#lattice.points.subarray(0, 2 * this.#pass.rows);
    this.#scene.write(this.#source, plane(within, columns, others, this.#pass.stride));
  }

  draw(renderPass: GPURenderPassEncoder, size: Size): void {
    const { dataFrame, pixelRatio, columns, palette } = this.#scene;
    const { offsets, pointsPerLine } = this.#lattice;
    const lines = Math.floor(this.#pass.rows / pointsPerLine);
    this.#scene.write(this.#frames, Float32Array.from(frameParams(dataFrame)));
    // Lines far from the middle fade with the normal density, but stay visible.
    const colourOf = (offset: number): number =>
      packed(this.#scene.faded(palette.model, 0.8 * (1 - Math.exp(-0.3 * offset * offset))));
    this.#scene.write(this.#tints, Uint32Array.from(offsets, colourOf));
    const [xStart, yStart] = columnStarts(columns, this.#pass.stride);
    this.#curves.set({
      viewport: [size.width, size.height],
      aspect: aspectOf(size),
      xStart,
      yStart,
      curveStep: pointsPerLine,
      pointStep: 1,
      segments: pointsPerLine - 1,
      frameStep: 0,
      start: 0,
      end: pointsPerLine - 1,
      width: 1.25 * pixelRatio,
      alpha: 1,
      fadeLength: FADE_LENGTH * pixelRatio,
    });
    this.#curves.draw(renderPass, 4, lines * (pointsPerLine - 1));
  }

  dispose(): void {
    this.#pass.dispose();
    this.#curves.dispose();
  }
}
