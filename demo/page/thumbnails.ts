/** The choices of data; the toy sets as small pictures, drawn on the CPU. */
import { toyDensity } from '../../src/data/toy.ts';
import type { ToyName } from '../../src/data/toy.ts';
import { STREAMS } from '../../src/random.ts';

export type SourceChoice = ToyName | 'drawing' | 'file';

/** Canvas pixels across, points drawn, and half the width that is shown in standard deviations. */
const SIZE = 104;
const POINTS = 500;
const REACH = 2.6;

/** Tells which of the radio buttons in the fieldset was chosen. */
export function followSources(fieldset: HTMLFieldSetElement, chosen: (choice: SourceChoice) => void): void {
  fieldset.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) chosen(event.target.value as SourceChoice);
  });
}

/** Draws the toy sets in the colour of the theme, one by one, so that no task is long. */
export async function drawThumbnails(fieldset: HTMLFieldSetElement): Promise<void> {
  for (const canvas of fieldset.querySelectorAll<HTMLCanvasElement>('canvas')) {
    await new Promise((resolve) => setTimeout(resolve));
    draw(canvas, canvas.dataset['toy'] as ToyName);
  }
}

function draw(canvas: HTMLCanvasElement, name: ToyName): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { dim, sample } = toyDensity(name);
  const points = sample(1, STREAMS.toyTest, 0, POINTS);
  context.clearRect(0, 0, SIZE, SIZE);
  context.fillStyle = getComputedStyle(canvas).color;
  const scale = SIZE / (2 * REACH);
  for (let i = 0; i < points.length; i += dim) {
    context.fillRect(
      SIZE / 2 + scale * (points[i] ?? 0) - 0.8,
      SIZE / 2 - scale * (points[i + 1] ?? 0) - 0.8,
      1.6,
      1.6,
    );
  }
}
