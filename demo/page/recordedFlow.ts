/** A trained flow as recorded numbers, which the page shows before there is a device, or without one. */

/** Positions are integers in units of 1 / {@link RECORDED_UNIT}, x and y in turn. */
export interface RecordedFlow {
  title: string;
  bijectors: string[];
  /** Held-out NLL and entropy, nats. */
  nll: number;
  floor: number;
  /** Half the width of the shown square around 0. */
  reach: number;
  /** The same points at each of L + 1 stops, from data to latent. */
  stops: number[][];
  /** Samples of the flow, if the stops begin with others. */
  samples?: number[];
  /** Points of the data. */
  data: number[];
  /** A square lattice of the latent space, mapped to data; `side` by `side` points, row by row. */
  lattice: { side: number; points: number[] };
  /** p on `side` × `side` cells of the shown square, row by row from the top, in 255ths of the highest. */
  density: { side: number; shades: number[] };
}

/** Steps of a position per unit of the data: half a pixel of the largest picture. */
export const RECORDED_UNIT = 200;

/** The recording for its file: differences, which compress to half. {@link unpacked} undoes it. */
export function packed({ stops, lattice: { side, points }, ...rest }: RecordedFlow): RecordedFlow {
  return {
    ...rest,
    stops: stops.map((points, stop) => points.map((value, i) => value - (stops[stop - 1]?.[i] ?? 0))),
    lattice: { side, points: points.map((value, i) => value - (points[i - 2] ?? 0)) },
  };
}

/** The recording of a file. */
export function unpacked({
  stops: steps,
  lattice: { side, points: moves },
  ...rest
}: RecordedFlow): RecordedFlow {
  const stops: number[][] = [];
  for (const step of steps) stops.push(step.map((move, i) => move + (stops.at(-1)?.[i] ?? 0)));
  const points: number[] = [];
  for (const move of moves) points.push(move + (points.at(-2) ?? 0));
  return { ...rest, stops, lattice: { side, points } };
}

/** The points at `layer` of 0 … L, interpolated linearly between two stops. */
export function pointsAt({ stops }: RecordedFlow, layer: number): Float64Array {
  const last = stops.length - 1;
  const at = Math.min(Math.max(layer, 0), last);
  const from = stops[Math.floor(at)] ?? [];
  const to = stops[Math.ceil(at)] ?? from;
  const share = at - Math.floor(at);
  return Float64Array.from(from, (value, i) => (value + share * ((to[i] ?? value) - value)) / RECORDED_UNIT);
}

/** Moves to and fro between data and latent: the layer at `seconds`, resting at both ends. */
export function swing(seconds: number, layers: number): number {
  const rest = 1.2;
  const way = Math.max(2.5, 0.45 * layers);
  const phase = seconds % (2 * (rest + way));
  const back = phase >= rest + way;
  const moved = Math.max(0, phase - (back ? rest + way : 0) - rest) / way;
  const eased = moved * moved * (3 - 2 * moved);
  return layers * (back ? eased : 1 - eased);
}
