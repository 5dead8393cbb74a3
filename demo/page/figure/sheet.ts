/** Sheets for figures: plain canvases in the page's colours, twice as fine as a screen. */
import { paletteOf } from '../../engine/pictures/colours.ts';
import type { Palette, Rgb } from '../../engine/pictures/colours.ts';
import type { Axis } from '../axes.ts';
import type { State } from '../state.ts';

/** Pixels per CSS pixel. */
export const RATIO = 2;

export interface Sheet {
  canvas: HTMLCanvasElement;
  pen: CanvasRenderingContext2D;
  palette: Palette;
}

/** A square on a sheet, CSS pixels. */
export interface Place {
  x: number;
  y: number;
  side: number;
}

/** @throws {Error} if the browser gives no canvas */
export function sheetOf(theme: State['theme'], width: number, height: number): Sheet {
  const canvas = document.createElement('canvas');
  canvas.width = RATIO * width;
  canvas.height = RATIO * height;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('This browser gives the page no canvas to draw on.');
  const palette = paletteOf(theme);
  pen.scale(RATIO, RATIO);
  pen.fillStyle = css(palette.background);
  pen.fillRect(0, 0, width, height);
  return { canvas, pen, palette };
}

export function css(colour: Rgb): string {
  return `rgb(${colour.map((channel) => Math.round(255 * channel)).join(' ')})`;
}

export function write(
  { pen, palette }: Sheet,
  text: string,
  { x, y, size = 13, weight = 400, align = 'left', maxWidth }: TextPlace,
): void {
  pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = align;
  pen.fillStyle = css(palette.ink);
  pen.fillText(text, x, y, maxWidth);
}

interface TextPlace {
  x: number;
  y: number;
  size?: number;
  weight?: number;
  align?: CanvasTextAlign;
  maxWidth?: number;
}

/** A frame around the place, with ticks and names outside it. */
export function drawAxes(sheet: Sheet, { x, y, side }: Place, [across, up]: readonly [Axis, Axis]): void {
  const { pen, palette } = sheet;
  pen.strokeStyle = css(palette.ink);
  pen.lineWidth = 1;
  pen.strokeRect(x, y, side, side);
  const line = (x1: number, y1: number, x2: number, y2: number): void => {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  };
  for (const { place, text } of across.ticks) {
    line(x + place * side, y + side, x + place * side, y + side + 5);
    write(sheet, text, { x: x + place * side, y: y + side + 19, align: 'center' });
  }
  for (const { place, text } of up.ticks) {
    line(x - 5, y + side - place * side, x, y + side - place * side);
    write(sheet, text, { x: x - 9, y: y + side - place * side + 4, align: 'right' });
  }
  const size = 14;
  write(sheet, across.name, { x: x + side / 2, y: y + side + 38, align: 'center', size });
  pen.save();
  pen.translate(x - 46, y + side / 2);
  pen.rotate(-Math.PI / 2);
  write(sheet, up.name, { x: 0, y: 0, align: 'center', size });
  pen.restore();
}

/** The colours from the lowest to the highest density. */
export function drawScale(
  sheet: Sheet,
  { from, to }: { from: string; to: string },
  { x, y, side }: Place,
): void {
  const { pen, palette } = sheet;
  const width = side / 2;
  const left = x + side / 4;
  const shades = pen.createLinearGradient(left, 0, left + width, 0);
  palette.ramp.forEach((colour, i) => shades.addColorStop(i / (palette.ramp.length - 1), css(colour)));
  pen.fillStyle = shades;
  pen.fillRect(left, y, width, 10);
  pen.strokeRect(left, y, width, 10);
  write(sheet, from, { x: left - 8, y: y + 10, align: 'right' });
  write(sheet, to, { x: left + width + 8, y: y + 10 });
}

export async function pngOf({ canvas }: Sheet): Promise<Blob> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('The browser could not write the picture.');
  return blob;
}
