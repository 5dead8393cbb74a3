/** The toy sets as small pictures, drawn on the CPU. */
import { toyDensity } from '../../src/index.ts';
import type { ToyName } from '../../src/index.ts';
import { STREAMS } from '../../src/page/index.ts';

/** Canvas width in pixels, count of points, and half the shown width in standard deviations. */
const SIZE = 104;
const POINTS = 500;
const REACH = 2.6;

/** Draws the toy sets in the theme's colours, one by one, so that no task is long. */
export async function drawThumbnails(fieldset: HTMLFieldSetElement): Promise<void> {
  for (const canvas of fieldset.querySelectorAll<HTMLCanvasElement>('canvas')) {
    await new Promise((resolve) => setTimeout(resolve));
    draw(canvas, canvas.dataset['toy'] as ToyName);
  }
}

function draw(canvas: HTMLCanvasElement, name: ToyName): void {
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const { dim, sample } = toyDensity(name);
  const points = sample(1, STREAMS.toyTest, 0, POINTS);
  pen.clearRect(0, 0, SIZE, SIZE);
  pen.fillStyle = getComputedStyle(canvas).color;
  const scale = SIZE / (2 * REACH);
  for (let i = 0; i < points.length; i += dim) {
    pen.fillRect(
      SIZE / 2 + scale * (points[i] ?? 0) - 0.8,
      SIZE / 2 - scale * (points[i + 1] ?? 0) - 0.8,
      1.6,
      1.6,
    );
  }
}
