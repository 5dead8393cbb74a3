/** Pictures on a canvas. */
import { PIXELS, SHADES, SIDE } from './digits.ts';

/** Pixels of the canvas between two pictures. */
const GAP = 1;

/** Draws pictures [n, 64] in rows of `columns`, bright on dark, as large as whole pixels allow. */
export function drawGrid(canvas: HTMLCanvasElement, pictures: Float32Array, columns: number): void {
  const count = pictures.length / PIXELS;
  const rows = Math.ceil(count / columns);
  const cell = SIDE + GAP;
  canvas.width = columns * cell - GAP;
  canvas.height = rows * cell - GAP;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let place = 0; place < count * PIXELS; place++) {
    const picture = Math.floor(place / PIXELS);
    const x = (picture % columns) * cell + (place % SIDE);
    const y = Math.floor(picture / columns) * cell + (Math.floor(place / SIDE) % SIDE);
    const shade = Math.round((255 * (pictures[place] ?? 0)) / (SHADES - 1));
    image.data.set([shade, shade, shade, 255], 4 * (y * canvas.width + x));
  }
  context.putImageData(image, 0, 0);
}

/** The index of the picture that was clicked, in a grid of `columns` columns; undefined outside the grid. */
export function pictureAt(canvas: HTMLCanvasElement, event: MouseEvent, columns: number): number | undefined {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const rows = Math.round((canvas.height + GAP) / (SIDE + GAP));
  const column = Math.floor(((event.clientX - left) / width) * columns);
  const row = Math.floor(((event.clientY - top) / height) * rows);
  return column < 0 || column >= columns || row < 0 || row >= rows ? undefined : row * columns + column;
}
