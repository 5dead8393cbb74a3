/** Plays a recording in the worker's colours, on plain canvases over the worker's. */
import { paletteOf } from '../engine/pictures/colours.ts';
import type { Palette, Rgb } from '../engine/pictures/colours.ts';
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';
import { RECORDED_REACH } from './axes.ts';
import { RECORDED_UNIT, pointsAt } from './recordedFlow.ts';
import type { RecordedFlow } from './recordedFlow.ts';

const { data: REACH, latent: LATENT_REACH } = RECORDED_REACH;
const RINGS = [1, 2, 3];
/** CSS pixels. */
const DOT = 2;

interface Sheet {
  pen: CanvasRenderingContext2D;
  /** Pixels across. */
  size: number;
  dot: number;
}

export class RecordPlayer {
  #recorded: RecordedFlow;
  readonly #canvases: Record<Picture, HTMLCanvasElement>;
  readonly #pixelRatio = Math.min(2, window.devicePixelRatio);
  #palette: Palette = paletteOf('light');
  #density: HTMLCanvasElement | undefined;

  constructor(recorded: RecordedFlow, canvases: Record<Picture, HTMLCanvasElement>) {
    this.#recorded = recorded;
    this.#canvases = canvases;
  }

  /** Plays another flow from now on. */
  set recorded(recorded: RecordedFlow) {
    this.#recorded = recorded;
  }

  /** Draws all five pictures, the layers at the scrubber's position. */
  draw(layer: number, theme: 'light' | 'dark'): void {
    this.#palette = paletteOf(theme);
    this.#density = densityImage(this.#recorded, this.#palette);
    for (const picture of PICTURES) this.#drawOne(picture, layer);
  }

  drawLayer(layer: number): void {
    this.#drawOne('layers', layer);
  }

  #drawOne(picture: Picture, layer: number): void {
    const sheet = this.#sheet(this.#canvases[picture]);
    if (sheet === undefined) return;
    const { stops, data, samples = stops[0] ?? [] } = this.#recorded;
    const { data: dataColour, model, line } = this.#palette;
    const last = stops.length - 1;
    switch (picture) {
      case 'density':
        if (this.#density !== undefined) place(sheet, this.#density, this.#recorded.reach);
        dots(sheet, scaled(data), REACH, () => css(dataColour));
        break;
      case 'samples':
        dots(sheet, scaled(samples), REACH, () => css(model));
        break;
      case 'latent':
        rings(sheet, css(line));
        dots(sheet, scaled(stops[last] ?? []), LATENT_REACH, this.#tint);
        break;
      case 'grid':
        lattice(sheet, this.#recorded, css(model));
        break;
      case 'layers': {
        const share = layer / Math.max(1, last);
        if (share > 0.98) rings(sheet, css(line));
        dots(sheet, pointsAt(this.#recorded, layer), REACH + share * (LATENT_REACH - REACH), this.#tint);
      }
    }
  }

  /** A point's colour, by its position in the data: it stays the same through all layers. */
  readonly #tint = (index: number): string => {
    const { tints } = this.#palette;
    const x = (this.#recorded.stops[0]?.[2 * index] ?? 0) / RECORDED_UNIT;
    const at = Math.round(((x / 1.8 + 1) / 2) * (tints.length - 1));
    return css(tints[Math.min(tints.length - 1, Math.max(0, at))] ?? this.#palette.model);
  };

  #sheet(canvas: HTMLCanvasElement): Sheet | undefined {
    const size = Math.round(canvas.clientWidth * this.#pixelRatio);
    const pen = canvas.getContext('2d');
    if (size === 0 || pen === null) return undefined;
    if (canvas.width !== size) {
      canvas.width = size;
      canvas.height = size;
    }
    pen.fillStyle = css(this.#palette.background);
    pen.fillRect(0, 0, size, size);
    return { pen, size, dot: DOT * this.#pixelRatio };
  }
}

function css(colour: Rgb): string {
  return `rgb(${colour.map((channel) => Math.round(255 * channel)).join(' ')})`;
}

function scaled(points: readonly number[]): Float64Array {
  return Float64Array.from(points, (value) => value / RECORDED_UNIT);
}

function dots(
  { pen, size, dot }: Sheet,
  points: Float64Array,
  reach: number,
  colour: (index: number) => string,
): void {
  const scale = size / (2 * reach);
  pen.globalAlpha = 0.75;
  for (let i = 0; i < points.length; i += 2) {
    const x = size / 2 + scale * (points[i] ?? 0);
    const y = size / 2 - scale * (points[i + 1] ?? 0);
    pen.fillStyle = colour(i / 2);
    pen.fillRect(x - dot / 2, y - dot / 2, dot, dot);
  }
  pen.globalAlpha = 1;
}

function rings({ pen, size }: Sheet, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = size / 320;
  for (const ring of RINGS) {
    pen.beginPath();
    pen.arc(size / 2, size / 2, (ring * size) / (2 * LATENT_REACH), 0, 2 * Math.PI);
    pen.stroke();
  }
}

function lattice({ pen, size }: Sheet, { lattice: { side, points } }: RecordedFlow, colour: string): void {
  const scale = size / (2 * REACH * RECORDED_UNIT);
  const line = (indices: readonly number[]): void => {
    pen.beginPath();
    for (const i of indices) {
      pen.lineTo(size / 2 + scale * (points[2 * i] ?? 0), size / 2 - scale * (points[2 * i + 1] ?? 0));
    }
    pen.stroke();
  };
  pen.strokeStyle = colour;
  pen.lineWidth = size / 480;
  const steps = Array.from({ length: side }, (_, i) => i);
  for (let i = 0; i < side; i += 2) {
    line(steps.map((j) => i * side + j));
    line(steps.map((j) => j * side + i));
  }
}

function densityImage(
  { density: { side, shades } }: RecordedFlow,
  { ramp, background }: Palette,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const image = new ImageData(side, side);
  shades.forEach((shade, i) => {
    const colour = ramp[Math.round((shade / 255) * (ramp.length - 1))] ?? background;
    image.data.set([...colour.map((channel) => 255 * channel), 255], 4 * i);
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/** Draws the image over the square of half width `reach`. */
function place({ pen, size }: Sheet, image: HTMLCanvasElement, reach: number): void {
  const width = (size * reach) / REACH;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, (size - width) / 2, (size - width) / 2, width, width);
}
