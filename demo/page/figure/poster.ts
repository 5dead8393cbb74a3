/** The picture worth sharing: the data, their density, and the grid wrapped round them. */
import { toyDensity } from '../../../src/index.ts';
import { STREAMS } from '../../../src/page/index.ts';
import { axesOf } from '../axes.ts';
import type { EngineClient } from '../engineClient.ts';
import type { State } from '../state.ts';
import { imageOf, modelOf } from './picture.ts';
import { css, pngOf, sheetOf, write } from './sheet.ts';
import type { Sheet } from './sheet.ts';

const SIDE = 400;
const GAP = 28;
const TOP = 84;
const BOTTOM = 60;
/** The most points that are drawn. */
const MAX_POINTS = 3000;

/** @throws {Error} if the picture's model is not there yet */
export async function posterFile(state: State, engine: EngineClient): Promise<Blob> {
  const { data } = state;
  const frame = state.shown.density?.frame;
  if (frame === undefined || axesOf(state, 'density') === undefined) {
    throw new Error('The density is not drawn yet. Try again in a moment.');
  }
  const isDrawing = data.own === undefined && data.source === 'drawing';
  const density = await imageOf(engine, 'density', SIDE);
  const grid = await imageOf(engine, 'grid', SIDE);
  const width = 3 * SIDE + 4 * GAP;
  const sheet = sheetOf(state.theme, width, TOP + SIDE + BOTTOM);
  const left = (place: number): number => GAP + place * (SIDE + GAP);
  write(sheet, modelOf(state, 'density'), {
    x: GAP,
    y: 36,
    size: 22,
    weight: 650,
    maxWidth: width - 2 * GAP,
  });
  const titles = [
    isDrawing ? 'My drawing' : 'The data',
    'The density of the flow',
    'Its grid, wrapped round the data',
  ];
  titles.forEach((title, place) => write(sheet, title, { x: left(place), y: 70, size: 16 }));
  sheet.pen.drawImage(density, left(1), TOP, SIDE, SIDE);
  sheet.pen.drawImage(grid, left(2), TOP, SIDE, SIDE);
  const points = pointsOf(state);
  drawPoints(sheet, points, frame, left(0), 0.8);
  drawPoints(sheet, points, frame, left(2), 0.35);
  sheet.pen.strokeStyle = css(sheet.palette.line);
  for (let place = 0; place < 3; place++) sheet.pen.strokeRect(left(place), TOP, SIDE, SIDE);
  write(sheet, 'wgflow: normalizing flows, trained and drawn by the GPU in a browser tab', {
    x: GAP,
    y: TOP + SIDE + 36,
    size: 14,
  });
  return pngOf(sheet);
}

/** The shown pair of the data, [N, 2]. */
function pointsOf({ learned, data: { own }, look: { columns } }: State): number[] {
  const data = own?.samples ?? learned;
  if (data === undefined) return [];
  const isToy = data.kind === 'toy';
  const toy = isToy ? toyDensity(data.name, { noise: data.noise }) : undefined;
  const most = isToy && data.size !== 'endless' ? Math.min(data.size, MAX_POINTS) : MAX_POINTS;
  const rows = data.kind === 'rows' ? data.rows : (toy?.sample(1, STREAMS.toyTraining, 0, most) ?? []);
  const width = data.kind === 'rows' ? data.columns.length : (toy?.dim ?? 2);
  const every = Math.max(1, Math.ceil(rows.length / width / MAX_POINTS));
  const points: number[] = [];
  for (let row = 0; row * width < rows.length; row += every) {
    points.push(...columns.map((column) => Number(rows[row * width + column])));
  }
  return points;
}

function drawPoints(
  { pen, palette }: Sheet,
  points: readonly number[],
  { centre, half }: NonNullable<State['shown']['density']>['frame'],
  left: number,
  alpha: number,
): void {
  pen.save();
  pen.beginPath();
  pen.rect(left, TOP, SIDE, SIDE);
  pen.clip();
  pen.globalAlpha = alpha;
  pen.fillStyle = css(palette.data);
  for (let i = 0; i < points.length; i += 2) {
    const x = left + (SIDE / 2) * (1 + ((points[i] ?? NaN) - centre[0]) / half[0]);
    const y = TOP + (SIDE / 2) * (1 - ((points[i + 1] ?? NaN) - centre[1]) / half[1]);
    pen.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
  }
  pen.restore();
}
