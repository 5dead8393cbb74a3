/** The heat-map of log p with the data over it. */
import type { Flow, FlowPass } from '../../../src/index.ts';
import type { BrushStroke } from './brushes.ts';
import { aspectOf, canvasFrame, placeWithin } from './frame.ts';
import type { Frame, Size } from './frame.ts';
import type { Marginal } from './marginal.ts';
import { readRanges } from './readRanges.ts';
import { frameParams } from './scene.ts';
import type { Scene } from './scene.ts';
import { columnStarts, disposeAll } from './sketch.ts';
import type { Sketch } from './sketch.ts';

/** Nats from the darkest to the lightest colour of the logarithmic map. */
const LOG_RANGE = 9;
const MAX_SIDE = 256;

/** Chooses the grid's resolution, and the number of rows that pass through the flow at once. */
export interface DensityPlan {
  side: () => number;
  sliceRows: () => number;
}

interface Slicer {
  pass: FlowPass<'logProb'>;
  lattice: BrushStroke<'latticeRows'>;
}

/**
 * log p on a grid over the canvas. For more than two columns it is the density of the shown two alone, or the slice
 * through the mean of the others, p(a, b, mean of the rest).
 *
 * If the columns have domains, the grid covers their part of the canvas: the density outside is 0.
 *
 * The grid passes through the flow slice by slice, so that no submit is long. Meanwhile the last whole grid is shown.
 */
export class DensitySketch implements Sketch {
  readonly #scene: Scene;
  readonly #flow: Flow;
  readonly #plan: DensityPlan;
  readonly #sizeOf: () => Size;
  /** The density of the shown columns alone, if there are others. */
  readonly #marginal: Marginal | undefined;
  /** One grid is shown while the other is filled. */
  readonly #grids: [Grid, Grid];
  readonly #points: BrushStroke<'points'>;
  /** The data points over the map. */
  readonly #shown: { buffer: GPUBuffer; stride: number };
  #shownCount: number;
  readonly #slicers = new Map<number, Slicer>();
  #slicer: Slicer;
  /** Rows of the slicer that is being made. */
  #making: number | undefined;
  #side = 0;
  #next = 0;
  /** The frame of the grid that is being filled. */
  #frame: Frame | undefined;
  #disposed = false;

  private constructor(
    scene: Scene,
    flow: Flow,
    plan: DensityPlan,
    sizeOf: () => Size,
    pass: FlowPass<'logProb'>,
    marginal: Marginal | undefined,
  ) {
    this.#scene = scene;
    this.#flow = flow;
    this.#plan = plan;
    this.#sizeOf = sizeOf;
    this.#marginal = marginal;
    this.#slicer = this.#keep(pass);
    this.#grids = [this.#grid(), this.#grid()];
    const { rows, count } = scene.shownRows(Infinity);
    this.#shown = scene.upload('shown data', rows);
    this.#shownCount = count;
    this.#points = scene.brushes.stroke('points', this.#shown.buffer, scene.ink('data'));
  }

  static async create(
    scene: Scene,
    flow: Flow,
    plan: DensityPlan,
    sizeOf: () => Size,
    marginal?: Marginal,
  ): Promise<DensitySketch> {
    const pass = await scene.pass(flow, 'logProb', { rows: plan.sliceRows() });
    return new DensitySketch(scene, flow, plan, sizeOf, pass, marginal);
  }

  get kind(): string {
    return this.#shownMarginal?.kind ?? `density rows, ${this.sliceRows} at once`;
  }

  /** The marginal's grid is always as fine as its samples allow. */
  get isRefinable(): boolean {
    return this.#shownMarginal === undefined;
  }

  /** The marginal, if it is what the visitor wants to see. */
  get #shownMarginal(): Marginal | undefined {
    return this.#scene.view.density === 'marginal' ? this.#marginal : undefined;
  }

  get sliceRows(): number {
    return this.#slicer.pass.rows;
  }

  /** Cells along a side of the shown grid. */
  get side(): number {
    return this.#grids[0].side;
  }

  get frame(): Frame {
    return this.#scene.ownFrame;
  }

  /** Reads log p at the end of the colours; undefined if no grid is newer than the last one that was read. */
  async readPeak(): Promise<number | undefined> {
    const [front] = this.#grids;
    if (front.isRead) return undefined;
    front.isRead = true;
    const [values] = await readRanges(this.#scene.brushes.device, front.scale, [0], 1);
    return values?.[0];
  }

  compute(): boolean {
    const marginal = this.#shownMarginal;
    if (marginal === undefined) return this.#computeSlice();
    const { brushes, dataFrame } = this.#scene;
    const [, back] = this.#grids;
    const encoder = brushes.device.createCommandEncoder({ label: marginal.kind });
    this.#place(dataFrame);
    marginal.encode(encoder, this.#frame ?? dataFrame, back.logProb);
    this.#finish(encoder, marginal.side);
    return true;
  }

  #computeSlice(): boolean {
    const { dim, brushes, columns } = this.#scene;
    const [, back] = this.#grids;
    if (this.#next === 0) this.#begin();
    const { pass, lattice } = this.#slicer;
    const cells = this.#side * this.#side;
    const { centre, half } = this.#frame ?? this.#scene.dataFrame;
    lattice.set({
      centre,
      halfSize: half,
      rows: pass.stride,
      features: dim,
      side: this.#side,
      first: this.#next,
      columnX: columns[0],
      columnY: columns[1],
    });
    const encoder = brushes.device.createCommandEncoder({ label: this.kind });
    lattice.dispatch(encoder, Math.ceil(pass.stride / 64));
    pass.encode(encoder);
    const count = Math.min(pass.rows, cells - this.#next);
    encoder.copyBufferToBuffer(pass.buffer('logProb'), 0, back.logProb, 4 * this.#next, 4 * count);
    this.#next += count;
    const isWhole = this.#next >= cells;
    if (isWhole) this.#finish(encoder, this.#side);
    else brushes.device.queue.submit([encoder.finish()]);
    return isWhole;
  }

  /** Shows the filled grid from now on. */
  #finish(encoder: GPUCommandEncoder, side: number): void {
    const [, back] = this.#grids;
    back.scaling.set({ cells: side * side });
    back.scaling.dispatch(encoder, 1);
    back.side = side;
    back.isRead = false;
    this.#next = 0;
    this.#grids.reverse();
    this.#scene.brushes.device.queue.submit([encoder.finish()]);
  }

  reset(): void {
    this.#next = 0;
    const { rows, count } = this.#scene.shownRows(Infinity);
    this.#scene.fill(this.#shown.buffer, rows);
    this.#shownCount = count;
    this.#scene.give(...Array.from(this.#slicers.values(), ({ pass }) => pass));
    this.#marginal?.reset();
  }

  draw(renderPass: GPURenderPassEncoder, size: Size): void {
    const { view, rampLength, dataFrame, pixelRatio, columns } = this.#scene;
    const [front] = this.#grids;
    if (front.side === 0) return;
    const viewport = [size.width, size.height];
    front.map.set({
      box: front.box,
      viewport,
      side: front.side,
      rampSteps: rampLength,
      nats: LOG_RANGE,
      isLog: view.colours === 'log' ? 1 : 0,
    });
    front.map.draw(renderPass, 3);
    if (!view.showData) return;
    const [fromX, fromY] = columnStarts(columns, this.#shown.stride);
    this.#points.set({
      fromFrame: frameParams(dataFrame),
      toFrame: frameParams(dataFrame),
      viewport,
      aspect: aspectOf(size),
      fromX,
      fromY,
      toX: fromX,
      toY: fromY,
      share: 0,
      radius: 1.1 * pixelRatio,
      ring: 0,
      alpha: view.theme === 'dark' ? 0.65 : 0.5,
      tintStep: 0,
    });
    // The same spacing as for all classes together.
    const most = pointsFor(size, pixelRatio) / this.#scene.classCount;
    this.#points.draw(renderPass, 4, Math.min(this.#shownCount, Math.round(most)));
  }

  dispose(): void {
    this.#disposed = true;
    for (const { pass, lattice } of this.#slicers.values()) disposeAll([pass, lattice]);
    for (const { scaling, map } of this.#grids) disposeAll([scaling, map]);
    this.#points.dispose();
    this.#marginal?.dispose();
  }

  #begin(): void {
    this.#side = Math.min(MAX_SIDE, this.#plan.side());
    this.#place(this.#scene.dataFrame);
    const rows = this.#plan.sliceRows();
    const known = this.#slicers.get(rows);
    if (known !== undefined) this.#slicer = known;
    else void this.#make(rows);
  }

  /** Sets the frame of the next grid: the canvas's part inside the domains. */
  #place(dataFrame: Frame): void {
    const whole = canvasFrame(dataFrame, this.#sizeOf());
    this.#frame = this.#scene.withinDomain(whole);
    this.#grids[1].box = placeWithin(this.#frame, whole);
  }

  /** Makes a slicer of another size for later grids. */
  async #make(rows: number): Promise<void> {
    if (this.#making !== undefined) return;
    this.#making = rows;
    try {
      const pass = await this.#scene.pass(this.#flow, 'logProb', { rows });
      if (this.#disposed) pass.dispose();
      else this.#keep(pass);
    } catch {
      // The flow or the device is gone; its other users get the error.
    } finally {
      this.#making = undefined;
    }
  }

  #keep(pass: FlowPass<'logProb'>): Slicer {
    const { brushes, means } = this.#scene;
    // The shown class may have changed since the request.
    this.#scene.give(pass);
    const made = { pass, lattice: brushes.stroke('latticeRows', means, pass.buffer('state')) };
    this.#slicers.set(pass.rows, made);
    return made;
  }

  #grid(): Grid {
    const { brushes, ramp } = this.#scene;
    const logProb = this.#scene.storage('log p', 4 * MAX_SIDE * MAX_SIDE);
    const scale = this.#scene.storage('density scale', 4);
    return {
      side: 0,
      box: [0, 0, 1, 1],
      isRead: true,
      logProb,
      scale,
      scaling: brushes.stroke('densityScale', logProb, scale),
      map: brushes.stroke('density', logProb, scale, ramp),
    };
  }
}

interface Grid {
  side: number;
  /** Its place on the canvas: left, bottom, right, top, from 0 to 1. */
  box: [number, number, number, number];
  /** Its scale has been read, or there is none. */
  isRead: boolean;
  logProb: GPUBuffer;
  scale: GPUBuffer;
  scaling: BrushStroke<'densityScale'>;
  map: BrushStroke<'density'>;
}

/** A point count at which points hardly cover each other: about one per 80 square CSS pixels. */
export function pointsFor({ width, height }: Size, pixelRatio: number): number {
  return Math.round((width * height) / (80 * pixelRatio * pixelRatio));
}
