/** Axes of a picture and the scale of its colours, in numbers. */
import type { DrawnPicture, Picture } from '../protocol.ts';
import { ticks } from './lossCurve.ts';
import type { State } from './state.ts';

type Frame = DrawnPicture['frame'];

/** A tick at `place`, from 0 to 1 along its axis. */
export interface Tick {
  place: number;
  text: string;
}

export interface Axis {
  name: string;
  ticks: Tick[];
}

/** Ticks nearer to an end would meet the other axis or the name, as a share of the axis. */
const MARGIN = 0.07;

/** Half the width of the recording's pictures in data space and in the latent space. */
export const RECORDED_REACH = { data: 3, latent: 3.5 };

/** Horizontal and vertical axis; undefined while the picture is of another model. */
export function axesOf(state: State, picture: Picture): [Axis, Axis] | undefined {
  const frame = frameOf(state, picture);
  if (frame === undefined) return undefined;
  const names = namesOf(state, picture);
  const axis = (index: 0 | 1): Axis => ({
    name: names?.[index] ?? '',
    ticks: ticksOf(frame.centre[index] - frame.half[index], frame.centre[index] + frame.half[index]),
  });
  return [axis(0), axis(1)];
}

/** Round numbers between two ends, all with the same decimals. */
export function ticksOf(low: number, high: number): Tick[] {
  const values = ticks([low, high], 6);
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  const most = Math.max(...values.map(Math.abs), step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const write = (value: number): string =>
    most >= 1e6 || decimals > 4 ? value.toExponential(1) : value.toFixed(decimals);
  return values
    .map((value) => ({
      place: (value - low) / (high - low),
      text: write(value)
        .replace(/^-(?=[0.]*$)/, '')
        .replace('-', '−'),
    }))
    .filter(({ place }) => place > MARGIN && place < 1 - MARGIN);
}

function frameOf(state: State, picture: Picture): Frame | undefined {
  const { frame } = state.shown[picture] ?? {};
  if (frame !== undefined || (state.isLive && state.origin !== 'page')) return frame;
  const { data, latent } = RECORDED_REACH;
  const share = state.layer / Math.max(1, state.flow.bijectors.length);
  const reach = { latent, layers: data + share * (latent - data), density: data, samples: data, grid: data };
  return { centre: [0, 0], half: [reach[picture], reach[picture]] };
}

/** Names of both axes; none between data and latent. */
function namesOf({ flow, look, layer }: State, picture: Picture): [string, string] | undefined {
  const isLatent = picture === 'latent' || (picture === 'layers' && layer >= flow.bijectors.length);
  if (picture === 'layers' && layer > 0 && !isLatent) return undefined;
  const name = (column: number): string => (isLatent ? `z${column + 1}` : (flow.columns[column] ?? ''));
  return [name(look.columns[0]), name(look.columns[1])];
}

/** Nats from the weakest to the strongest colour of the logarithmic density. */
const LOG_RANGE = 9;

/** The ends of the colours; undefined until the scale is known. */
export function colourScale({ look, shown }: State): { from: string; to: string } | undefined {
  const peak = shown.density?.peak ?? null;
  if (peak === null) return undefined;
  if (look.colours === 'log') return { from: `${signed(peak - LOG_RANGE)} nats`, to: `${signed(peak)} nats` };
  return { from: 'p = 0', to: `${Number(Math.exp(peak).toPrecision(2))} or more` };
}

function signed(value: number): string {
  return value.toFixed(1).replace('-', '−');
}
