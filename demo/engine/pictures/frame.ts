/** Which part of the plane a canvas shows. */

export type Pair = readonly [number, number];

/** The largest upright square of the canvas shows centre ± half; what is left of a longer side shows more. */
export interface Frame {
  centre: Pair;
  half: Pair;
}

export interface Size {
  width: number;
  height: number;
}

/** Standard deviations of the latent normal that its pictures show to each side. */
export const LATENT_REACH = 4;

/** The square of `reach` standard deviations around the mean of two columns. */
export function dataFrame(mean: Pair, std: Pair, reach: number): Frame {
  return { centre: mean, half: [reach * std[0], reach * std[1]] };
}

export const latentFrame: Frame = { centre: [0, 0], half: [LATENT_REACH, LATENT_REACH] };

export function mixFrames(from: Frame, to: Frame, share: number): Frame {
  const between = (a: Pair, b: Pair): Pair => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  return { centre: between(from.centre, to.centre), half: between(from.half, to.half) };
}

/**
 * The frames of the states 0 … L between data and latent. A standardisation that comes first turns the data's frame
 * into its own, in which nothing moves; the frames after it, or else all, widen to the latent one evenly.
 */
export function layerFrames(data: Frame, bijectors: readonly string[], reach: number): Frame[] {
  const isStandardized = bijectors[0] === 'standardize';
  const start: Frame = isStandardized ? { centre: [0, 0], half: [reach, reach] } : data;
  const rest = bijectors.length - (isStandardized ? 1 : 0);
  const frames = Array.from({ length: rest + 1 }, (_, k) =>
    mixFrames(start, latentFrame, k / Math.max(1, rest)),
  );
  return isStandardized ? [data, ...frames] : frames;
}

/** From the frame's square [−1, 1]² to the canvas's clip space: one side of a long canvas reaches further. */
export function aspectOf({ width, height }: Size): Pair {
  const side = Math.min(width, height);
  return [side / width, side / height];
}

/** The frame that reaches to the canvas's edges. */
export function canvasFrame(frame: Frame, size: Size): Frame {
  const [x, y] = aspectOf(size);
  return { centre: frame.centre, half: [frame.half[0] / x, frame.half[1] / y] };
}

/** The point of the plane at a place of the canvas, in [0, 1]² from the top left. */
export function unproject(at: { x: number; y: number }, frame: Frame, size: Size): Pair {
  const { centre, half } = canvasFrame(frame, size);
  return [centre[0] + (2 * at.x - 1) * half[0], centre[1] + (1 - 2 * at.y) * half[1]];
}

/** As `unproject`, the other way. */
export function project(point: Pair, frame: Frame, size: Size): { x: number; y: number } {
  const { centre, half } = canvasFrame(frame, size);
  return { x: (1 + (point[0] - centre[0]) / half[0]) / 2, y: (1 - (point[1] - centre[1]) / half[1]) / 2 };
}
