/** The sketch of each picture, in the order in which they are made. */
import type { Flow } from '../../../src/index.ts';
import type { DrawnPicture, Picture } from '../../protocol.ts';
import { DensitySketch } from './density.ts';
import type { DensityDetail } from './densityDetail.ts';
import type { Size } from './frame.ts';
import { GridSketch } from './grid.ts';
import { LatentSketch } from './latent.ts';
import { LayersSketch } from './layers.ts';
import { Marginal } from './marginal.ts';
import { SamplesSketch } from './samples.ts';
import type { Scene } from './scene.ts';
import type { Sketch } from './sketch.ts';
import type { Surface } from './surface.ts';

/** A picture, with its outdated parts. */
export interface Entry {
  picture: Picture;
  surface: Surface;
  sketch: Sketch;
  /** The flow or the view has changed since its rows were computed. */
  hasOldRows: boolean;
  hasOldImage: boolean;
  /** The step of its rows, and of those that are being computed. */
  step: number;
  nextStep: number | undefined;
  /** When its image was last drawn from new rows, ms. */
  drawnAt: number;
  /** What the page knows of the picture. */
  told: DrawnPicture | undefined;
  /** The visitor is waiting for it. */
  isUrgent: boolean;
  /** No rows have passed through the flow yet. */
  isBlank: boolean;
}

export function entryOf(picture: Picture, surface: Surface, sketch: Sketch): Entry {
  const isNew = { hasOldRows: true, hasOldImage: false, isUrgent: false, isBlank: true };
  const drawn = { step: 0, nextStep: undefined, drawnAt: -Infinity, told: undefined };
  return { picture, surface, sketch, ...isNew, ...drawn };
}

/** Rows of each picture: a software adapter takes milliseconds per thousand. */
const ROWS = {
  software: { samples: 1024, latent: 1024, layers: 384, pointsPerLine: 129, marginal: 4096, side: 96 },
  gpu: { samples: 4000, latent: 4000, layers: 1000, pointsPerLine: 257, marginal: 32_768, side: 192 },
};

export function sketchMakers(
  scene: Scene,
  flow: Flow,
  { isSoftware, detail, size }: { isSoftware: boolean; detail: DensityDetail; size: () => Size },
): [Picture, () => Promise<Sketch>][] {
  const { samples, latent, layers, pointsPerLine, marginal, side } = isSoftware ? ROWS.software : ROWS.gpu;
  const most = flow.passRows;
  return [
    [
      'density',
      async () => {
        const ofPair = scene.dim > 2 ? await Marginal.create(scene, flow, marginal, side) : undefined;
        return (detail.sketch = await DensitySketch.create(scene, flow, detail, size, ofPair));
      },
    ],
    ['samples', () => SamplesSketch.create(scene, flow, Math.min(samples, most))],
    ['latent', () => LatentSketch.create(scene, flow, Math.min(latent, most))],
    ['grid', () => GridSketch.create(scene, flow, pointsPerLine)],
    ['layers', () => LayersSketch.create(scene, flow, Math.min(layers, most))],
  ];
}
