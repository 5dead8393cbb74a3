/** Plays a recording on plain canvases over those that the worker draws. */
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';
import { viridis } from './colours.ts';
import { RECORDED_UNIT, pointsAt } from './recording.ts';
import type { Recording } from './recording.ts';

/** How far the latent is shown, in standard deviations. */
const LATENT_REACH = 3.5;
const RINGS = [1, 2, 3];

export class RecordPlayer {
  readonly #recording: Recording;
  readonly #canvases: Record<Picture, HTMLCanvasElement>;
  readonly #density: HTMLCanvasElement;
  readonly #pixelRatio = Math.min(2, window.devicePixelRatio);

  constructor(recording: Recording, canvases: Record<Picture, HTMLCanvasElement>) {
    this.#recording = recording;
    this.#canvases = canvases;
    this.#density = densityImage(recording);
  }

  get layers(): number {
    return this.#recording.bijectors.length;
  }

  /** All five pictures, the layers where the scrubber stands. */
  draw(layer: number, showData: boolean): void {
    for (const picture of PICTURES) this.#drawOne(picture, layer, showData);
  }

  drawLayer(layer: number): void {
    this.#drawOne('layers', layer, true);
  }

  #drawOne(picture: Picture, layer: number, showData: boolean): void {
    const canvas = this.#canvases[picture];
    const size = Math.round(canvas.clientWidth * this.#pixelRatio);
    const context = canvas.getContext('2d');
    if (size === 0 || context === null) return;
    if (canvas.width !== size) {
      canvas.width = size;
      canvas.height = size;
    }
    context.clearRect(0, 0, size, size);
    const { stops, data, reach } = this.#recording;
    const style = getComputedStyle(canvas);
    const ink = style.color;
    switch (picture) {
      case 'density':
        context.imageSmoothingQuality = 'high';
        context.drawImage(this.#density, 0, 0, size, size);
        if (showData) dots(context, size, scaled(data), reach, 'rgb(255 255 255 / 55%)', this.#pixelRatio);
        break;
      case 'samples':
        dots(context, size, scaled(stops[0] ?? []), reach, ink, this.#pixelRatio);
        break;
      case 'latent':
        rings(context, size, style.borderColor);
        dots(context, size, scaled(stops.at(-1) ?? []), LATENT_REACH, ink, this.#pixelRatio);
        break;
      case 'grid':
        lattice(context, size, this.#recording, ink);
        break;
      case 'layers':
        dots(context, size, pointsAt(this.#recording, layer), LATENT_REACH, ink, this.#pixelRatio);
    }
  }
}

function scaled(points: readonly number[]): Float64Array {
  return Float64Array.from(points, (value) => value / RECORDED_UNIT);
}

function dots(
  context: CanvasRenderingContext2D,
  size: number,
  points: Float64Array,
  reach: number,
  colour: string,
  pixelRatio: number,
): void {
  const scale = size / (2 * reach);
  const dot = 1.8 * pixelRatio;
  context.fillStyle = colour;
  for (let i = 0; i < points.length; i += 2) {
    const x = size / 2 + scale * (points[i] ?? 0);
    const y = size / 2 - scale * (points[i + 1] ?? 0);
    context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
  }
}

function rings(context: CanvasRenderingContext2D, size: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = size / 320;
  for (const ring of RINGS) {
    context.beginPath();
    context.arc(size / 2, size / 2, (ring * size) / (2 * LATENT_REACH), 0, 2 * Math.PI);
    context.stroke();
  }
}

function lattice(
  context: CanvasRenderingContext2D,
  size: number,
  recording: Recording,
  colour: string,
): void {
  const { side, points } = recording.lattice;
  const scale = size / (2 * recording.reach * RECORDED_UNIT);
  const line = (indices: number[]): void => {
    context.beginPath();
    for (const i of indices) {
      context.lineTo(size / 2 + scale * (points[2 * i] ?? 0), size / 2 - scale * (points[2 * i + 1] ?? 0));
    }
    context.stroke();
  };
  context.strokeStyle = colour;
  context.lineWidth = size / 480;
  const steps = Array.from({ length: side }, (_, i) => i);
  for (let i = 0; i < side; i += 2) {
    line(steps.map((j) => i * side + j));
    line(steps.map((j) => j * side + i));
  }
}

function densityImage({ density: { side, logProb } }: Recording): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  const image = new ImageData(side, side);
  const highest = logProb.reduce((a, b) => Math.max(a, b), -Infinity);
  logProb.forEach((value, i) => {
    image.data.set([...viridis(Math.exp((value - highest) / 100)), 255], 4 * i);
  });
  context?.putImageData(image, 0, 0);
  return canvas;
}
