/** The point under the pointer, in every picture at once. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { Hovered, Picture } from '../../protocol.ts';
import type { BrushStroke } from './brushes.ts';
import { aspectOf, latentFrame, unproject } from './frame.ts';
import type { Frame, Pair, Size } from './frame.ts';
import { layerPlace } from './layers.ts';
import { plane } from './pointSets.ts';
import { readRanges } from './readRanges.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, disposeAll, runPass } from './sketch.ts';

/** The pointer's target: a point of one picture's plane, or a whole row x [D]. */
export type Aim =
  { picture: Exclude<Picture, 'layers'>; at: { x: number; y: number }; size: Size } | { row: Float32Array };

interface ProbePasses {
  trace: FlowPass<'trace'>;
  inverse: FlowPass<'inverse'>;
  logProb: FlowPass<'logProb'>;
}

/**
 * Follows one row through the flow. Features that are not shown are at the data's mean in data space and at 0
 * in latent space, as in the pictures.
 */
export class Probe {
  readonly #scene: Scene;
  readonly #trace: FlowPass<'trace'>;
  readonly #inverse: FlowPass<'inverse'>;
  readonly #logProb: FlowPass<'logProb'>;
  readonly #rings: BrushStroke<'points'>[] = [];
  readonly #ringOf = new Map<Picture, BrushStroke<'points'>>();
  #isShown = false;

  private constructor(scene: Scene, { trace, inverse, logProb }: ProbePasses) {
    this.#scene = scene;
    this.#trace = trace;
    this.#inverse = inverse;
    this.#logProb = logProb;
  }

  static async create(scene: Scene, flow: Flow): Promise<Probe> {
    const probe = new Probe(scene, {
      trace: await scene.pass(flow, 'trace', { rows: 1 }),
      inverse: await scene.pass(flow, 'inverse', { rows: 1 }),
      logProb: await scene.pass(flow, 'logProb', { rows: 1 }),
    });
    probe.reset();
    return probe;
  }

  /** Passes the point through the current flow and reads its states; null outside the domains of the data. */
  async look(aim: Aim): Promise<Hovered | null> {
    const { dataFrame } = this.#scene;
    const isOfData = 'picture' in aim && aim.picture !== 'latent';
    if (isOfData && !this.#scene.isInside(unproject(aim.at, dataFrame, aim.size))) return null;
    this.#isShown = true;
    this.#send(aim);
    const { device } = this.#scene.brushes;
    runPass(device, this.#logProb, { buffer: this.#trace.buffer('state') });
    runPass(device, this.#trace);
    return this.#read();
  }

  /** Updates the class that is shown. */
  reset(): void {
    this.#scene.give(this.#trace, this.#inverse, this.#logProb);
    if (this.#isShown) this.follow();
  }

  /** The pointer is over nothing. */
  leave(): void {
    this.#isShown = false;
  }

  /** Whether there is a mark to draw, which follows the flow as it learns. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** Passes the point through the current flow again, for the marks. */
  follow(): void {
    // The pass has overwritten its state with z; x is the first of its kept states.
    runPass(this.#scene.brushes.device, this.#trace, { buffer: this.#trace.buffer('states') });
  }

  draw(renderPass: GPURenderPassEncoder, picture: Picture, size: Size): void {
    if (!this.#isShown) return;
    const { columns, dim, bijectors, view, dataFrame, layerFrames, pixelRatio } = this.#scene;
    const count = bijectors.length;
    const { stride } = this.#trace;
    const [x, y] = columnStarts(columns, stride);
    const { layer, share } =
      picture === 'layers'
        ? layerPlace(view.layer, count)
        : { layer: picture === 'latent' ? count : 0, share: 0 };
    const next = Math.min(layer + 1, count);
    const frameOf = (state: number): Frame =>
      picture === 'latent'
        ? latentFrame
        : picture === 'layers'
          ? (layerFrames[state] ?? dataFrame)
          : dataFrame;
    const ring = this.#ringFor(picture);
    ring.set({
      fromFrame: frameParams(frameOf(layer)),
      toFrame: frameParams(frameOf(next)),
      viewport: [size.width, size.height],
      aspect: aspectOf(size),
      fromX: layer * dim * stride + x,
      fromY: layer * dim * stride + y,
      toX: next * dim * stride + x,
      toY: next * dim * stride + y,
      share,
      radius: 6 * pixelRatio,
      ring: 2 * pixelRatio,
      alpha: 1,
      tintStep: 0,
    });
    ring.draw(renderPass, 4);
  }

  dispose(): void {
    disposeAll([this.#trace, this.#inverse, this.#logProb, ...this.#rings]);
  }

  /** Writes x to the state of the trace; a latent point goes through the inverse first. */
  #send(aim: Aim): void {
    const { columns, dim, data, dataFrame, brushes } = this.#scene;
    const { device } = brushes;
    const { stride } = this.#trace;
    const target = this.#trace.buffer('state');
    const write = (to: GPUBuffer, point: Pair, others: ArrayLike<number>): void => {
      device.queue.writeBuffer(
        to,
        0,
        plane(Float32Array.from(point), columns, others, stride) as Float32Array<ArrayBuffer>,
      );
    };
    if ('row' in aim) {
      const pair: Pair = [aim.row[columns[0]] ?? 0, aim.row[columns[1]] ?? 0];
      write(target, pair, aim.row);
      return;
    }
    if (aim.picture !== 'latent') {
      write(target, unproject(aim.at, dataFrame, aim.size), data.mean);
      return;
    }
    const state = this.#inverse.buffer('state');
    write(state, unproject(aim.at, latentFrame, aim.size), new Float32Array(dim));
    runPass(device, this.#inverse);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(state, 0, target, 0, 4 * dim * stride);
    device.queue.submit([encoder.finish()]);
  }

  async #read(): Promise<Hovered> {
    const { dim, bijectors, brushes, offset } = this.#scene;
    const { stride } = this.#trace;
    const count = bijectors.length;
    const { device } = brushes;
    const [[x = new Float32Array(), z = new Float32Array()], [dets], [logProb]] = await Promise.all([
      readRanges(device, this.#trace.buffer('states'), [0, count * dim * stride], dim * stride),
      readRanges(device, this.#trace.buffer('logDets'), [0], count * stride),
      readRanges(device, this.#logProb.buffer('logProb'), [0], 1),
    ]);
    const rowOf = (columns: Float32Array, length: number): number[] =>
      Array.from({ length }, (_, j) => columns[j * stride] ?? NaN);
    return {
      x: rowOf(x, dim).map((value, j) => value + (offset[j] ?? 0)),
      z: rowOf(z, dim),
      logProb: logProb?.[0] ?? NaN,
      logDets: rowOf(dets ?? new Float32Array(), count),
    };
  }

  #ringFor(picture: Picture): BrushStroke<'points'> {
    const known = this.#ringOf.get(picture);
    if (known !== undefined) return known;
    const { brushes } = this.#scene;
    const ring = brushes.stroke('points', this.#trace.buffer('states'), this.#scene.ink('ink'));
    this.#ringOf.set(picture, ring);
    this.#rings.push(ring);
    return ring;
  }
}
