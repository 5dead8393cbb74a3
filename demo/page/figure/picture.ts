/** One picture as a figure for a slide or a paper: title, axes, and the scale of its colours. */
import { PRESETS } from '../../../src/index.ts';
import type { Picture } from '../../protocol.ts';
import { axesOf, colourScale } from '../axes.ts';
import { captionsOf } from '../captions.ts';
import type { EngineClient } from '../engineClient.ts';
import { count } from '../figures.ts';
import { fileOf, titleOf } from '../state.ts';
import type { State } from '../state.ts';
import { describeLayer } from '../words/pictures.ts';
import { capitalised } from '../words/sentence.ts';
import { drawAxes, drawScale, pngOf, RATIO, sheetOf, write } from './sheet.ts';

/** CSS pixels of the picture, and of the margins around it. */
const SIDE = 600;
const MARGIN = { left: 76, top: 72, right: 24, bottom: 56 };
const SCALE_HEIGHT = 34;

export async function pictureFile(state: State, engine: EngineClient, picture: Picture): Promise<Blob> {
  const image = await imageOf(engine, picture, SIDE);
  const scale = picture === 'density' ? colourScale(state) : undefined;
  const { left, top, right, bottom } = MARGIN;
  const height = top + SIDE + bottom + (scale === undefined ? 0 : SCALE_HEIGHT);
  const sheet = sheetOf(state.theme, left + SIDE + right, height);
  const place = { x: left, y: top, side: SIDE };
  write(sheet, titleOfPicture(state, picture), { x: left, y: 32, size: 20, weight: 650, maxWidth: SIDE });
  write(sheet, modelOf(state, picture), { x: left, y: 56, size: 14, maxWidth: SIDE });
  sheet.pen.drawImage(image, left, top, SIDE, SIDE);
  const axes = axesOf(state, picture);
  if (axes !== undefined) drawAxes(sheet, place, axes);
  if (scale !== undefined) drawScale(sheet, scale, { ...place, y: top + SIDE + bottom });
  return pngOf(sheet);
}

/** @param side CSS pixels */
export async function imageOf(engine: EngineClient, picture: Picture, side: number): Promise<ImageBitmap> {
  return createImageBitmap(await engine.ask({ type: 'picture', picture, side: RATIO * side }));
}

export function titleOfPicture(state: State, picture: Picture): string {
  const { flow, layer } = state;
  switch (picture) {
    case 'density':
      return `Density ${captionsOf(state).densityName}`;
    case 'samples':
      return 'Samples of the model';
    case 'latent':
      return 'The data in the latent space, z = f(x)';
    case 'grid':
      return 'The latent grid in data space';
    case 'layers':
      return capitalised(describeLayer(layer, flow.bijectors, flow.base).name);
  }
}

/** The data, the model and its step. */
export function modelOf(state: State, picture: Picture): string {
  const { origin, model, shown, recorded } = state;
  if (origin === 'page') return `${recorded.title}, trained earlier`;
  const step = shown[picture]?.step ?? 0;
  const parts = [capitalised(titleOf(state))];
  const isOpened = fileOf(state) !== undefined;
  if (!isOpened) parts.push(PRESETS[model.preset].title, couplingsOf(model));
  // The file of an opened model says how long it was trained.
  if (!isOpened || step > 0) parts.push(`step ${count(step)}`);
  return parts.join(', ');
}

function couplingsOf({ couplings }: State['model']): string {
  return couplings === 1 ? '1 coupling' : `${couplings} couplings`;
}
