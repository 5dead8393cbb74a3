/** The rows on their way between data and latent, at any layer, with the paths of a few. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import { packed } from './colours.ts';
import { aspectOf, mixFrames, project } from './frame.ts';
import type { Frame, Size } from './frame.ts';
import { drawRings } from './latent.ts';
import { readRanges } from './readRanges.ts';
import { farApart } from './pointSets.ts';
import type { ShownRows } from './pointSets.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, runPass } from './sketch.ts';
import type { Sketch } from './sketch.ts';

const PATHS = 10;

/** Position of the scrubber: between states `layer` and `layer + 1`, `share` of the way. */
export interface LayerPlace {
  layer: number;
  share: number;
}

/** Converts `View.layer` to a position among `count` bijectors. */
export function layerPlace(at: number, count: number): LayerPlace {
  const within = Math.min(count, Math.max(0, at));
  const layer = Math.min(Math.floor(within), Math.max(0, count - 1));
  return { layer, share: within - layer };
}

export class LayersSketch implements Sketch {
  readonly kind = 'layers rows';
  readonly #scene: Scene;
  readonly #most: number;
  #rows: Float32Array;
  /** Number of rows that are drawn. */
  #count: number;
  readonly #source: { buffer: GPUBuffer };
  readonly #pass: FlowPass<'trace'>;
  readonly #tints: GPUBuffer;
  readonly #doneTints: GPUBuffer;
  readonly #aheadTints: GPUBuffer;
  readonly #frames: GPUBuffer;
  readonly #rings: BrushStroke<'rings'>;
  /** The path so far, the path ahead, and the current point of each path. */
  readonly #done: BrushStroke<'curves'>;
  readonly #ahead: BrushStroke<'curves'>;
  readonly #points: BrushStroke<'points'>;
  readonly #heads: BrushStroke<'points'>;

  private constructor(scene: Scene, most: number, pass: FlowPass<'trace'>) {
    this.#scene = scene;
    this.#most = most;
    const { rows, count } = leadingRows(scene, most);
    this.#rows = rows;
    this.#count = count;
    this.#pass = pass;
    this.#source = scene.upload('rows for the layers', rows);
    this.#tints = scene.storage('tints of the layers', 4 * pass.rows);
    this.#doneTints = scene.storage('tints of the paths so far', 4 * PATHS);
    this.#aheadTints = scene.storage('tints of the paths to come', 4 * PATHS);
    this.#frames = scene.storage('frames of the layers', 16 * (scene.bijectors.length + 1));
    const states = pass.buffer('states');
    const { brushes } = scene;
    this.#rings = brushes.stroke('rings');
    this.#done = brushes.stroke('curves', states, this.#frames, this.#doneTints);
    this.#ahead = brushes.stroke('curves', states, this.#frames, this.#aheadTints);
    this.#points = brushes.stroke('points', states, this.#tints);
    this.#heads = brushes.stroke('points', states, this.#tints);
    this.reset();
  }

  static async create(scene: Scene, flow: Flow, most: number): Promise<LayersSketch> {
    const { rows } = scene.shownRows(most);
    return new LayersSketch(scene, most, await scene.pass(flow, 'trace', { rows: rows.length / scene.dim }));
  }

  get frame(): Frame {
    const place = layerPlace(this.#scene.view.layer, this.#scene.bijectors.length);
    const isData = place.layer === 0 && place.share === 0;
    return isData ? this.#scene.ownFrame : LayersSketch.frameAt(this.#scene, place);
  }

  compute(): boolean {
    runPass(this.#scene.brushes.device, this.#pass, this.#source);
    return true;
  }

  reset(): void {
    const { rows, count } = leadingRows(this.#scene, this.#most);
    this.#rows = rows;
    this.#count = count;
    this.#scene.fill(this.#source.buffer, rows);
    this.#scene.write(this.#tints, this.#scene.rowTints(rows));
    this.#scene.give(this.#pass);
  }

  /** The row [D] that is drawn within `reach` pixels of a canvas position; reads the positions back. */
  async nearest(at: { x: number; y: number }, size: Size, reach: number): Promise<Float32Array | undefined> {
    const { columns, dim, view, bijectors, layerFrames, dataFrame, brushes } = this.#scene;
    const { stride } = this.#pass;
    const { layer, share } = layerPlace(view.layer, bijectors.length);
    const next = Math.min(layer + 1, bijectors.length);
    const [x, y] = columnStarts(columns, stride);
    const starts = [layer, next].flatMap((state) => [state * dim * stride + x, state * dim * stride + y]);
    const values = await readRanges(brushes.device, this.#pass.buffer('states'), starts, stride);
    const frames = [layerFrames[layer] ?? dataFrame, layerFrames[next] ?? dataFrame] as const;
    let best: { row: number; pixels: number } | undefined;
    for (let row = 0; row < this.#count; row++) {
      const [from, to] = frames.map((frame, end) => {
        const point = [values[2 * end]?.[row] ?? NaN, values[2 * end + 1]?.[row] ?? NaN] as const;
        return project(point, frame, size);
      });
      if (from === undefined || to === undefined) continue;
      const across = from.x + share * (to.x - from.x) - at.x;
      const down = from.y + share * (to.y - from.y) - at.y;
      const pixels = Math.hypot(across * size.width, down * size.height);
      if (pixels <= Math.min(reach, best?.pixels ?? Infinity)) best = { row, pixels };
    }
    return best && this.#rows.slice(best.row * dim, (best.row + 1) * dim);
  }

  /** The frame at the scrubber's position. */
  static frameAt(scene: Scene, { layer, share }: LayerPlace): Frame {
    const frames = scene.layerFrames;
    const from = frames[layer] ?? scene.dataFrame;
    return mixFrames(from, frames[layer + 1] ?? from, share);
  }

  draw(renderPass: GPURenderPassEncoder, size: Size): void {
    const { view, bijectors, pixelRatio, columns, dim, palette, layerFrames } = this.#scene;
    const count = bijectors.length;
    const place = layerPlace(view.layer, count);
    const { layer, share } = place;
    const progress = Math.min(1, Math.max(0, view.layer / Math.max(1, count)));
    drawRings(
      this.#rings,
      renderPass,
      size,
      this.#scene,
      LayersSketch.frameAt(this.#scene, place),
      progress ** 2,
    );

    const { stride } = this.#pass;
    const rows = this.#count;
    const stateLength = dim * stride;
    const [x, y] = columnStarts(columns, stride);
    const viewport = [size.width, size.height];
    const aspect = aspectOf(size);
    const points = {
      fromFrame: frameParams(layerFrames[layer] ?? this.#scene.dataFrame),
      toFrame: frameParams(layerFrames[layer + 1] ?? layerFrames[layer] ?? this.#scene.dataFrame),
      viewport,
      aspect,
      fromX: layer * stateLength + x,
      fromY: layer * stateLength + y,
      toX: Math.min(layer + 1, count) * stateLength + x,
      toY: Math.min(layer + 1, count) * stateLength + y,
      share,
      ring: 0,
      tintStep: 1,
    };
    this.#scene.write(this.#frames, Float32Array.from(layerFrames.flatMap(frameParams)));
    // Faded by colour rather than alpha: a transparent curve would show a dot at each joint.
    const faint = (share: number): Uint32Array =>
      new Uint32Array(PATHS).fill(packed(this.#scene.faded(palette.ink, share)));
    this.#scene.write(this.#doneTints, faint(0.4));
    this.#scene.write(this.#aheadTints, faint(0.8));
    const paths = {
      viewport,
      aspect,
      xStart: x,
      yStart: y,
      curveStep: 1,
      pointStep: stateLength,
      segments: Math.max(1, count),
      frameStep: 1,
      fadeLength: 0,
    };
    const shownPaths = Math.min(PATHS, rows);
    this.#ahead.set({ ...paths, start: view.layer, end: count, width: pixelRatio, alpha: 1 });
    this.#done.set({ ...paths, start: 0, end: view.layer, width: 1.25 * pixelRatio, alpha: 1 });
    if (count > 0) {
      this.#ahead.draw(renderPass, 4, shownPaths * count);
      this.#done.draw(renderPass, 4, shownPaths * count);
    }
    this.#points.set({ ...points, radius: 1.6 * pixelRatio, alpha: 0.55 });
    this.#points.draw(renderPass, 4, rows);
    this.#heads.set({ ...points, radius: 3.5 * pixelRatio, alpha: 1 });
    this.#heads.draw(renderPass, 4, shownPaths);
  }

  dispose(): void {
    this.#pass.dispose();
    for (const stroke of [this.#rings, this.#done, this.#ahead, this.#points, this.#heads]) stroke.dispose();
  }
}

/** The shown rows, those with a drawn path first. */
function leadingRows(scene: Scene, most: number): ShownRows {
  const { rows, count } = scene.shownRows(most);
  const ordered = rows.slice();
  ordered.set(leading(rows.subarray(0, count * scene.dim), scene.dim));
  return { rows: ordered, count };
}

/** Reorders the rows, those with a drawn path first. */
function leading(rows: Float32Array, dim: number): Float32Array {
  const first = farApart(rows, dim, PATHS);
  const others = Array.from({ length: rows.length / dim }, (_, row) => row).filter(
    (row) => !first.includes(row),
  );
  const ordered = new Float32Array(rows.length);
  [...first, ...others].forEach((row, place) => {
    ordered.set(rows.subarray(row * dim, (row + 1) * dim), place * dim);
  });
  return ordered;
}
