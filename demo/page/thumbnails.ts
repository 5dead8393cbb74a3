/** The choices of data as small pictures: toy sets drawn once on the CPU, and icons for one's own. */
import { TOY_NAMES, toyDensity } from '../../src/data/toy.ts';
import type { ToyName } from '../../src/data/toy.ts';
import { STREAMS } from '../../src/random.ts';
import { svg } from './dom.ts';

export const OWN_SOURCES = ['drawing', 'file'] as const;
export type SourceChoice = ToyName | (typeof OWN_SOURCES)[number];

const NAMES: Record<SourceChoice, string> = {
  moons: 'moons',
  circles: 'circles',
  '8gaussians': 'gaussians',
  pinwheel: 'pinwheel',
  spirals: 'spirals',
  checkerboard: 'checkers',
  banana: 'banana',
  mixture6: 'mixture, 6-D',
  mixture16: 'mixture, 16-D',
  warped8: 'warped, 8-D',
  drawing: 'draw',
  file: 'your file',
};
const ICONS = { drawing: 'M3 21l4-1L20 7l-3-3L4 17z M14 7l3 3', file: 'M12 16V4 M7 9l5-5 5 5 M4 16v4h16v-4' };

/** Canvas pixels across, points drawn, and half the width that is shown in standard deviations. */
const SIZE = 104;
const POINTS = 500;
const REACH = 2.6;

/** Fills the fieldset with radio buttons; pictures follow one by one, so that no task is long. */
export function offerSources(fieldset: HTMLFieldSetElement, chosen: (choice: SourceChoice) => void): void {
  for (const choice of [...TOY_NAMES, ...OWN_SOURCES]) {
    const radio = document.createElement('input');
    radio.type = 'radio';
    radio.name = 'source';
    radio.value = choice;
    radio.addEventListener('change', () => chosen(choice));
    const label = document.createElement('label');
    label.append(
      radio,
      choice === 'drawing' || choice === 'file' ? icon(choice) : thumbnail(choice),
      NAMES[choice],
    );
    fieldset.append(label);
  }
}

/** Draws the toy sets anew in the colour of the theme. */
export async function drawThumbnails(fieldset: HTMLFieldSetElement): Promise<void> {
  for (const canvas of fieldset.querySelectorAll<HTMLCanvasElement>('canvas')) {
    await new Promise((resolve) => setTimeout(resolve));
    draw(canvas, canvas.dataset['toy'] as ToyName);
  }
}

function thumbnail(name: ToyName): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE;
  canvas.height = SIZE;
  canvas.dataset['toy'] = name;
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
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

function icon(choice: keyof typeof ICONS): SVGSVGElement {
  return svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, [svg('path', { d: ICONS[choice] })]);
}
