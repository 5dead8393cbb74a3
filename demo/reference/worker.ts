/** Trains a small flow with the float64 twins of the kernels, on the processor. */
import { realnvp, toyDensity } from '../../src/index.ts';
import type { ToyDensity } from '../../src/index.ts';
import {
  initialParameters,
  normalPair,
  paramLayout,
  philox,
  splitSeed,
  STREAMS,
} from '../../src/page/index.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import { scoreOf } from '../engine/score.ts';
import { RECORDED_UNIT } from '../page/recordedFlow.ts';
import type { RecordedFlow } from '../page/recordedFlow.ts';
import { TOY_TITLES } from '../toys.ts';
import type { ReferenceReport, ReferenceRequest } from './protocol.ts';

const STEPS = 2000;
const BATCH = 128;
const LEARNING_RATE = 8e-3;
/** Adam's constants. */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
/** Milliseconds between two pictures: their points and cells pass through the flow too. */
const SHOW_EVERY = 1500;
const POINTS = 400;
const LATTICE_SIDE = 31;
const LATTICE_REACH = 3;
const DENSITY_SIDE = 64;
const REACH = 3;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ReferenceRequest>) => void;
  postMessage: (message: ReferenceReport) => void;
};

scope.onmessage = ({ data: { toy: name, noise, seed } }) => {
  const toy = toyDensity(name, noise === 0 ? {} : { noise });
  const spec = realnvp(toy.dim, {
    couplings: 6,
    hidden: [16, 16],
    base: { type: 'standard_normal' },
  });
  const flow = new ReferenceFlow(spec, initialParameters(spec, seed));
  const adam = new Adam(flow);
  let losses: number[] = [];
  let shownAt = performance.now();
  let reported = 0;
  const begun = shownAt;
  for (let step = 1; step <= STEPS; step++) {
    const { nll, gradients } = flow.gradients(
      toy.sample(seed, STREAMS.toyTraining, (step - 1) * BATCH, BATCH),
    );
    adam.update(gradients, 0.5 * LEARNING_RATE * (1 + Math.cos((Math.PI * (step - 1)) / STEPS)));
    losses.push(nll);
    const now = performance.now();
    if (now - shownAt < SHOW_EVERY && step < STEPS) continue;
    const shown = recorded(flow, toy, seed);
    const { score, ...flowNow } = shown;
    scope.postMessage({
      step,
      steps: STEPS,
      losses: Float32Array.from(losses),
      ...score,
      msPerStep: (now - (reported === 0 ? begun : shownAt)) / losses.length,
      batch: BATCH,
      recorded: flowNow,
    });
    losses = [];
    reported = step;
    shownAt = performance.now();
  }
};

/** Adam on the flow's parameters, with the gradient's norm clipped to 1. */
class Adam {
  readonly #flow: ReferenceFlow;
  readonly #places: ReadonlyMap<string, number>;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #step = 0;

  constructor(flow: ReferenceFlow) {
    this.#flow = flow;
    this.#places = new Map(paramLayout(flow.model.spec).tensors.map(({ name, offset }) => [name, offset]));
    this.#first = new Float64Array(flow.parameters.length);
    this.#second = new Float64Array(flow.parameters.length);
  }

  update(gradients: Readonly<Record<string, Float64Array>>, rate: number): void {
    this.#step++;
    const squares = Object.values(gradients).reduce((sum, each) => each.reduce((a, g) => a + g * g, sum), 0);
    const clip = Math.min(1, 1 / Math.sqrt(squares));
    const [c1, c2] = [1 / (1 - BETA1 ** this.#step), 1 / (1 - BETA2 ** this.#step)];
    const { parameters } = this.#flow;
    for (const [name, gradient] of Object.entries(gradients)) {
      const offset = this.#places.get(name) ?? 0;
      gradient.forEach((value, i) => {
        const g = clip * value;
        const m = BETA1 * (this.#first[offset + i] ?? 0) + (1 - BETA1) * g;
        const v = BETA2 * (this.#second[offset + i] ?? 0) + (1 - BETA2) * g * g;
        this.#first[offset + i] = m;
        this.#second[offset + i] = v;
        parameters[offset + i] =
          (parameters[offset + i] ?? 0) - (rate * m * c1) / (Math.sqrt(v * c2) + EPSILON);
      });
    }
  }
}

function recorded(
  flow: ReferenceFlow,
  toy: ToyDensity,
  seed: number,
): RecordedFlow & { score: { nll: number; error: number } } {
  const { bijectors } = flow.model.spec;
  const data = toy.sample(seed, STREAMS.toyTest, 0, POINTS);
  const score = scoreOf(flow.logProb(data));
  const logProb = flow.logProb(square(DENSITY_SIDE, REACH * (1 - 1 / DENSITY_SIDE)));
  const highest = logProb.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    title: TOY_TITLES[toy.name],
    bijectors: bijectors.map(({ type }) => type),
    nll: score.nll,
    floor: toy.entropy,
    reach: REACH,
    stops: flow.trace(data).states.map(whole),
    samples: whole(flow.inverse(normals(seed)).x),
    data: whole(data),
    lattice: { side: LATTICE_SIDE, points: whole(flow.inverse(square(LATTICE_SIDE, LATTICE_REACH)).x) },
    density: {
      side: DENSITY_SIDE,
      shades: Array.from(logProb, (value) => Math.round(255 * Math.exp(value - highest))),
    },
    score,
  };
}

/** Draws of the base, [POINTS, 2]. */
function normals(seed: number): number[] {
  const key = splitSeed(seed);
  return Array.from({ length: POINTS }, (_, i) => {
    const [a, b] = philox([i, 0, 0, STREAMS.baseSample], key);
    return normalPair(a, b);
  }).flat();
}

/** Rows [side², 2] of a lattice on [−reach, reach]², row by row from the top. */
function square(side: number, reach: number): Float32Array {
  const place = (i: number): number => reach * ((2 * i) / (side - 1) - 1);
  return Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? place(cell % side) : -place(Math.floor(cell / side));
  });
}

function whole(points: ArrayLike<number>): number[] {
  return Array.from(points, (value) => Math.round(RECORDED_UNIT * value));
}
