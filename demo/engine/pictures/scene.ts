/** State that all pictures of a model share: colours, rows and frames on the GPU. */
import type { Domain, Flow, FlowPass, FlowSpec, PassKind, PassOptions, Rows } from '../../../src/index.ts';
import {
  columnsOf,
  columnStatistics,
  domainsOf,
  fromDomain,
  isInside,
  offsetOf,
  paddedRows,
} from '../../../src/page/index.ts';
import type { ColumnStatistics } from '../../../src/page/index.ts';
import { oneHot } from '../../labels.ts';
import type { View } from '../../protocol.ts';
import type { Classes, DataSet } from '../dataSet.ts';
import type { Brushes } from './brushes.ts';
import { mix, packed, paletteOf } from './colours.ts';
import type { Palette, Rgb } from './colours.ts';
import { rowsOfClass, spreadRows } from './pointSets.ts';
import type { ShownRows } from './pointSets.ts';
import { clipped, dataFrame, layerFrames } from './frame.ts';
import type { Frame, Pair } from './frame.ts';

/** The single colours for points and curves. */
const INKS = ['data', 'model', 'ink'] as const;
export type Ink = (typeof INKS)[number];

/** Range of the row tints, in standard deviations from the mean. */
const TINT_REACH = 2;

export class Scene {
  readonly brushes: Brushes;
  /** The data in the coordinates of the flow's passes: the offset is subtracted. */
  readonly data: PicturedData;
  /** The offset that the flow subtracts from the data in float64, [D]. */
  readonly offset: Float64Array;
  readonly dim: number;
  pixelRatio: number;
  /** Types of the flow's bijectors. */
  readonly bijectors: readonly string[];
  readonly #domains: readonly Domain[] | undefined;
  /** Mean and standard deviation of the columns after their domains are mapped. */
  readonly #mapped: ColumnStatistics | undefined;
  readonly ramp: GPUBuffer;
  readonly rampLength: number;
  /** Means of the data's columns [D]. */
  readonly means: GPUBuffer;
  readonly #inks: Readonly<Record<Ink, GPUBuffer>>;
  readonly #owned: GPUBuffer[] = [];
  #view: View;
  #palette: Palette;

  /** @param scales the divisors of positive columns, [D], if the flow maps domains */
  constructor(
    brushes: Brushes,
    data: DataSet,
    spec: FlowSpec,
    view: View,
    pixelRatio: number,
    scales?: Float32Array,
  ) {
    this.brushes = brushes;
    this.dim = data.columns.length;
    this.offset = offsetOf(spec) ?? new Float64Array(this.dim);
    this.data = lessOffset(data, this.offset);
    this.bijectors = spec.bijectors.map(({ type }) => type);
    this.#domains = domainsOf(spec);
    this.#mapped = this.#domains && mappedStatistics(this.data, this.#domains, scales);
    this.pixelRatio = pixelRatio;
    this.#view = view;
    this.#palette = paletteOf(view.theme);
    this.rampLength = this.#palette.ramp.length;
    this.ramp = this.storage('ramp', 4 * this.rampLength);
    this.means = this.storage('means', 4 * this.dim);
    this.#inks = { data: this.#ink('data'), model: this.#ink('model'), ink: this.#ink('ink') };
    this.write(this.means, Float32Array.from(data.mean));
    this.#paint();
  }

  get view(): View {
    return this.#view;
  }

  get palette(): Palette {
    return this.#palette;
  }

  setView(view: View): void {
    const isRepainted = view.theme !== this.#view.theme;
    this.#view = view;
    if (!isRepainted) return;
    this.#palette = paletteOf(view.theme);
    this.#paint();
  }

  /** The shown columns, limited to those that exist. */
  get columns(): Pair {
    const [x, y] = this.#view.columns;
    const last = this.dim - 1;
    return [Math.min(x, last), Math.min(y, last)];
  }

  /** The one-hot context of the shown class, [C]; undefined if the classes are not split. */
  get context(): Float32Array | undefined {
    const { classes } = this.data;
    return classes && oneHot({ column: classes.column, of: Uint8Array.of(this.#level(classes)) });
  }

  /** Number of split classes; 1 if there are none. */
  get classCount(): number {
    return this.data.classes?.column.levels.length ?? 1;
  }

  /** A sketch's pass, conditioned on the shown class. */
  pass<K extends PassKind>(flow: Flow, kind: K, options: Omit<PassOptions, 'context'>): Promise<FlowPass<K>> {
    const { context } = this;
    return flow.pass(kind, { ...options, ...(context && { context }) });
  }

  /** Conditions passes on the currently shown class. */
  give(...passes: readonly FlowPass[]): void {
    const { context } = this;
    if (context !== undefined) for (const pass of passes) pass.setContext(context);
  }

  /** At most `most` of the data's rows, only those of the shown class if the classes are split. */
  shownRows(most: number): ShownRows {
    const { shown, classes } = this.data;
    if (classes === undefined) {
      const rows = spreadRows(shown, this.dim, most);
      return { rows, count: rows.length / this.dim };
    }
    const width = classes.column.levels.length;
    return rowsOfClass(shown, this.dim, { rows: classes.shown, width, shown: this.#level(classes) }, most);
  }

  get dataFrame(): Frame {
    return this.#frameOf(this.data);
  }

  /** The data's frame in their own units, which the offset is part of. */
  get ownFrame(): Frame {
    const { centre, half } = this.dataFrame;
    const [x, y] = this.columns;
    return { centre: [centre[0] + (this.offset[x] ?? 0), centre[1] + (this.offset[y] ?? 0)], half };
  }

  get layerFrames(): Frame[] {
    const mapped = this.#mapped && this.#frameOf(this.#mapped);
    return layerFrames(this.dataFrame, this.bijectors, this.#view.reach, mapped);
  }

  /** The part of a frame of the shown columns that lies inside their domains. */
  withinDomain(frame: Frame): Frame {
    const [low, high] = this.#bounds;
    return clipped(frame, low, high);
  }

  /** Whether a point of the shown columns lies inside their domains. */
  isInside(point: Pair): boolean {
    return this.columns.every((column, axis) =>
      isInside(point[axis] ?? 0, this.#domains?.[column] ?? 'real'),
    );
  }

  ink(name: Ink): GPUBuffer {
    return this.#inks[name];
  }

  /** A colour mixed with the background by `share`. */
  faded(colour: Rgb, share: number): Rgb {
    return mix(colour, this.#palette.background, share);
  }

  /** Uploads rows [n, D] to the GPU in columns [D, padded n]. */
  upload(label: string, rows: Float32Array): { buffer: GPUBuffer; rows: number; stride: number } {
    const count = rows.length / this.dim;
    const stride = paddedRows(count);
    const buffer = this.storage(label, 4 * this.dim * stride);
    this.fill(buffer, rows);
    return { buffer, rows: count, stride };
  }

  /** Replaces the rows of an `upload` with as many others. */
  fill(buffer: GPUBuffer, rows: Float32Array): void {
    this.write(buffer, columnsOf(rows, this.dim, { start: 0, count: rows.length / this.dim }));
  }

  /** A colour for each row by its position in the data, so that one recognises it in other pictures. */
  rowTints(rows: Float32Array): Uint32Array<ArrayBuffer> {
    const { tints } = this.#palette;
    const { centre, half } = this.dataFrame;
    const [x, y] = this.columns;
    const { reach } = this.#view;
    return Uint32Array.from({ length: rows.length / this.dim }, (_, row) => {
      const across = ((rows[row * this.dim + x] ?? 0) - centre[0]) / half[0];
      const up = ((rows[row * this.dim + y] ?? 0) - centre[1]) / half[1];
      const share = 0.5 + (reach * (across + 0.35 * up)) / (2 * TINT_REACH);
      const index = Math.round(Math.min(1, Math.max(0, share)) * (tints.length - 1));
      return packed(tints[index] ?? [0, 0, 0]);
    });
  }

  /** A buffer that is destroyed with the scene. */
  storage(label: string, bytes: number): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.brushes.device.createBuffer({ label, size: Math.max(16, bytes), usage });
    this.#owned.push(buffer);
    return buffer;
  }

  write(buffer: GPUBuffer, values: Float32Array | Uint32Array): void {
    this.brushes.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  }

  dispose(): void {
    for (const buffer of this.#owned) buffer.destroy();
  }

  /** Lower and upper ends of the shown columns' domains. */
  get #bounds(): [low: Pair, high: Pair] {
    const domainOf = (column: number): Domain => this.#domains?.[column] ?? 'real';
    const low = (column: number): number => (domainOf(column) === 'real' ? -Infinity : 0);
    const high = (column: number): number => (domainOf(column) === 'unit' ? 1 : Infinity);
    const [x, y] = this.columns;
    return [
      [low(x), low(y)],
      [high(x), high(y)],
    ];
  }

  #frameOf({ mean, std }: Pick<ColumnStatistics, 'mean' | 'std'>): Frame {
    const [x, y] = this.columns;
    const pairOf = (values: Float64Array): Pair => [values[x] ?? 0, values[y] ?? 0];
    return dataFrame(pairOf(mean), pairOf(std), this.#view.reach);
  }

  #level({ column }: Classes): number {
    return Math.min(this.#view.level, column.levels.length - 1);
  }

  #ink(name: Ink): GPUBuffer {
    return this.storage(`${name} colour`, 4);
  }

  #paint(): void {
    const { ramp } = this.#palette;
    this.write(
      this.ramp,
      Uint32Array.from(ramp, (colour) => packed(colour)),
    );
    for (const name of INKS) this.write(this.#inks[name], Uint32Array.of(packed(this.#palette[name])));
  }
}

/** The pictures' part of the data, in float32 coordinates. */
type PicturedData = Omit<DataSet, 'kept' | 'shown'> & { kept: Float32Array; shown: Float32Array };

function lessOffset(data: DataSet, offset: Float64Array): PicturedData {
  const shifted = (rows: Rows): Float32Array =>
    Float32Array.from(rows, (value, index) => value - (offset[index % offset.length] ?? 0));
  return {
    ...data,
    kept: shifted(data.kept),
    shown: shifted(data.shown),
    mean: data.mean.map((value, column) => value - (offset[column] ?? 0)),
  };
}

/** Statistics of the columns as the flow maps them; its scales may come from other data. */
function mappedStatistics(
  { kept, columns }: PicturedData,
  domains: readonly Domain[],
  scales?: Float32Array,
): ColumnStatistics {
  const mapped = kept.map((value, index) => {
    const column = index % columns.length;
    const domain = domains[column] ?? 'real';
    return domain === 'real' ? value : fromDomain(domain, value, scales?.[column]).image;
  });
  return columnStatistics(mapped, columns.length, columns);
}

/** A frame in the shaders' layout: centre, then half. */
export function frameParams({ centre, half }: Frame): number[] {
  return [...centre, ...half];
}
