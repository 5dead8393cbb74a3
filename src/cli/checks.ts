/** The checks of `wgflow check`: each compares a number with a bound, and says in words what it found. */
import type { Rows } from '../calls/callerArrays.ts';
import { evenPlaces } from '../data/evenPlaces.ts';
import { energyDistance, ksDistance, ksNoise, momentsOfSample } from '../data/twoSamples.ts';
import type { Moments } from '../data/twoSamples.ts';
import { luFactors } from '../io/torch/luFactors.ts';
import type { TrainingRecord } from '../io/modelFile.ts';
import type { Precision } from '../plan/precision.ts';
import type { ReferenceFlow } from '../reference/flow.ts';

export interface Check {
  check: 'round trip' | 'log-det' | 'latent' | 'energy distance' | 'NLL';
  verdict: 'pass' | 'warn';
  /** The finding and its bound, for people. */
  words: string;
  /** The finding and its bound, for programs. */
  facts: Record<string, number | string | Moments>;
}

/** The bounds of kernels that round by this precision: float16 has 11 bits of a number, float32 24. */
const BOUNDS: Record<Precision, { roundTrip: number; logDet: number }> = {
  f32: { roundTrip: 1e-3, logDet: 0.01 },
  f16: { roundTrip: 2e-2, logDet: 0.2 },
};

/** Rows of a table in the model's columns. */
interface NamedRows {
  /** [n, D] */
  x: Rows;
  /** The names of the D features. */
  names: readonly string[];
  /** Line of each row in its file. */
  lines: readonly number[];
}

/** The largest |x′ − x| of rows x and their images x′, relative to the column's spread plus the distance to its mean. */
export function roundTrip({ x, names, lines }: NamedRows, back: Rows, precision: Precision): Check {
  const columns = names.map((_, j) => momentsOfSample(columnOf(x, names.length, j)));
  let [error, at] = [0, 0];
  back.forEach((value: number, i: number) => {
    const { mean = 0, sd = 1 } = columns[i % names.length] ?? {};
    const distance = Math.abs(value - (x[i] ?? NaN));
    const relative = distance === 0 ? 0 : distance / (sd + Math.abs((x[i] ?? NaN) - mean));
    if (!(relative <= error)) [error, at] = [relative, i];
  });
  const bound = BOUNDS[precision].roundTrip;
  const [column = '', line = 0] = [names[at % names.length], lines[Math.floor(at / names.length)]];
  return {
    check: 'round trip',
    verdict: error <= bound ? 'pass' : 'warn',
    words: `a row comes back from the latent within ${short(error)} of its column's spread (line ${line}, ${column}); bound ${bound}`,
    facts: { error, line, column, bound },
  };
}

/** Rows of a numeric Jacobian: few, as each takes 2 D rows of the float64 flow. */
export function jacobianRows(dim: number): number {
  return dim > MAX_JACOBIAN ? 0 : Math.max(1, Math.min(8, Math.floor(MAX_JACOBIAN / dim)));
}

const MAX_JACOBIAN = 256;

/** Short against the curvature of a flow, long against the rounding of float64. */
const STEP = 2 ** -14;

/**
 * The largest difference between the log-dets [n] of rows whose latent is z [n, D], and log|det ∂x/∂z| by central
 * differences of the float64 flow.
 * @param context [n, C], or one row, or nothing
 */
export function logDet(
  flow: ReferenceFlow,
  { z, logDets, context = [] }: { z: Rows; logDets: Float32Array; context?: ArrayLike<number> },
  precision: Precision,
): Check {
  const { dim, contextDim } = flow.model.spec;
  const errors = [...logDets].map((logDet, row) => {
    const from = context.length > contextDim ? row * contextDim : 0;
    const given = Array.from({ length: contextDim }, (_, k) => context[from + k] ?? NaN);
    return Math.abs(logDet + logAbsDet(flow, z.subarray(row * dim, (row + 1) * dim), given));
  });
  const error = Math.max(...errors.map((value) => (Number.isNaN(value) ? Infinity : value)));
  const bound = BOUNDS[precision].logDet;
  return {
    check: 'log-det',
    verdict: error <= bound ? 'pass' : 'warn',
    words: `within ${short(error)} nats of a numeric Jacobian in float64, on ${errors.length} ${errors.length === 1 ? 'row' : 'rows'}; bound ${bound}`,
    facts: { error, rows: errors.length, bound },
  };
}

/** log|det ∂x/∂z| at one latent row. */
function logAbsDet(flow: ReferenceFlow, z: Rows, context: readonly number[]): number {
  const { length } = z;
  const steps = [STEP, -STEP].flatMap((step) =>
    Array.from(z, (_, j) => Array.from(z, (value, k) => (k === j ? value + step : value))),
  );
  const { x } = flow.inverse(steps.flat(), context);
  const jacobian = Array.from({ length }, (_, j) =>
    Array.from(
      { length },
      (_, i) => ((x[j * length + i] ?? NaN) - (x[(length + j) * length + i] ?? NaN)) / (2 * STEP),
    ),
  );
  const factors = luFactors(jacobian);
  return factors === undefined ? -Infinity : factors.logDiagonal.reduce((sum, value) => sum + value, 0);
}

/** A difference of distributions that is worth a warning, beyond the one by chance. */
const KS_BOUND = 0.05;

/** Each column of latent rows [n, D] against draws of the base distribution [m, D]. */
export function latents(z: Rows, base: Rows, names: readonly string[]): Check[] {
  return names.map((column, j) => {
    const [found, drawn] = [columnOf(z, names.length, j), columnOf(base, names.length, j)];
    const ks = ksDistance(found, drawn);
    const bound = KS_BOUND + ksNoise(found.length, drawn.length);
    const [of, expected] = [momentsOfSample(found), momentsOfSample(drawn)];
    return {
      check: 'latent',
      verdict: ks <= bound ? 'pass' : 'warn',
      words:
        `${column}: mean ${short(of.mean)}, sd ${short(of.sd)}, skewness ${short(of.skewness)}; the base ` +
        `${short(expected.mean)}, ${short(expected.sd)}, ${short(expected.skewness)}; KS distance ${short(ks)}, bound ${short(bound)}`,
      facts: { column, rows: of, base: expected, ks, bound },
    };
  });
}

/** Additions in the three distances of two samples: a second or so. */
const MAX_ADDITIONS = 2e8;
const MAX_DISTANT_ROWS = 1024;

/** Rows in each sample of an energy distance. */
export function distantRows(rows: number, width: number): number {
  const affordable = Math.floor(Math.sqrt(MAX_ADDITIONS / (5 * width)));
  return Math.max(1, Math.min(Math.floor(rows / 2), MAX_DISTANT_ROWS, affordable));
}

/** How many times farther samples may be from rows than other rows are. */
const DISTANCE_RATIO = 3;

/** Rows against samples, next to rows against other rows: three samples of equally many rows of `width` numbers. */
export function energy(
  { rows, others, samples }: { rows: Rows; others: Rows; samples: Rows },
  width: number,
): Check {
  const count = rows.length / width;
  const distance = energyDistance(rows, samples, width);
  const reference = energyDistance(rows, others, width);
  const bound = DISTANCE_RATIO * Math.max(reference, 1 / count);
  return {
    check: 'energy distance',
    verdict: distance <= bound ? 'pass' : 'warn',
    words: `${short(distance)} between ${count.toLocaleString('en')} rows and as many samples; ${short(reference)} between two halves of the rows; bound ${short(bound)}`,
    facts: { distance, reference, rows: count, bound },
  };
}

/**
 * The energy distance of rows x [n, D] and samples [n, D] given the same contexts [n, C], in units of the spread of
 * each column. The contexts are columns too: samples must fit them.
 */
export function energyOf(x: Rows, samples: Rows, dim: number, context: Float32Array): Check {
  const rows = x.length / dim;
  const contextDim = context.length / rows;
  const width = dim + contextDim;
  const spreads = Array.from({ length: width }, (_, j) => {
    const column = Array.from({ length: rows }, (_, row) =>
      j < dim ? (x[row * dim + j] ?? NaN) : (context[row * contextDim + j - dim] ?? NaN),
    );
    return momentsOfSample(column);
  });
  const wide = (values: Rows, places: Uint32Array): Float64Array =>
    Float64Array.from({ length: places.length * width }, (_, i) => {
      const [row = 0, j] = [places[Math.floor(i / width)], i % width];
      const value = j < dim ? values[row * dim + j] : context[row * contextDim + j - dim];
      const { mean = 0, sd = 1 } = spreads[j] ?? {};
      return ((value ?? NaN) - mean) / (sd || 1);
    });
  const pairs = evenPlaces(Math.floor(rows / 2), distantRows(rows, width));
  const [even, odd] = [pairs.map((pair) => 2 * pair), pairs.map((pair) => 2 * pair + 1)];
  return energy({ rows: wide(x, even), others: wide(x, odd), samples: wide(samples, even) }, width);
}

/** Standard errors by which the mean NLL may be above the one of the validation rows. */
const STANDARD_ERRORS = 4;

/** The mean NLL of rows with these log-densities, next to the one at training. */
export function meanNll(logProb: Float32Array, training: TrainingRecord | undefined): Check {
  const finite = [...logProb].filter(Number.isFinite);
  const withoutDensity = logProb.length - finite.length;
  const { mean, sd } = momentsOfSample(finite.map((value) => -value));
  const error = sd / Math.sqrt(finite.length);
  const { bestValidationNll: known, validation } = training ?? {};
  const bound =
    known === undefined
      ? Infinity
      : known + STANDARD_ERRORS * error * Math.sqrt(1 + finite.length / (validation?.rows ?? Infinity));
  const missing =
    withoutDensity === 0 ? '' : `; ${withoutDensity.toLocaleString('en')} rows without density do not count`;
  const next =
    known === undefined
      ? 'the model file has no validation NLL to compare it with'
      : `${known.toFixed(4)} on the validation rows at training, bound ${bound.toFixed(4)}`;
  return {
    check: 'NLL',
    verdict: withoutDensity === 0 && mean <= bound ? 'pass' : 'warn',
    words: `mean ${mean.toFixed(4)} ± ${short(error)} nats; ${next}${missing}`,
    facts: {
      nll: mean,
      standardError: error,
      withoutDensity,
      ...(known === undefined ? {} : { validationNll: known, bound }),
    },
  };
}

function columnOf(rows: Rows, dim: number, column: number): number[] {
  return Array.from({ length: rows.length / dim }, (_, row) => rows[row * dim + column] ?? NaN);
}

/** Two digits. */
function short(value: number): string {
  return Math.abs(value) < 1e-3 && value !== 0
    ? value.toExponential(1)
    : String(Number(value.toPrecision(2)));
}
