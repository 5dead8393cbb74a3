import { describe, expect, it } from 'vitest';
import { INVERTED, LOGARITHMS, NONE, OPS, SHIFT_FIRST, STEPS } from '../../../src/kernels/resident/ops.ts';
import type { Op } from '../../../src/kernels/resident/ops.ts';
import { WeightPacker } from '../../../src/kernels/resident/resident_pack.ts';
import {
  contextUnit,
  factorElements,
  residentPass,
  tileFits,
} from '../../../src/kernels/resident/resident_pass.ts';
import type { Tile } from '../../../src/kernels/resident/resident_pass.ts';
import { activationCode, hasDerivativeAtValue } from '../../../src/model/activation.ts';
import type { Activation } from '../../../src/model/activation.ts';
import { scaleBound } from '../../../src/model/scaleMap.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import { quadsOf } from '../../../src/plan/shape.ts';
import { activate } from '../../../src/reference/maths/activation.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BothResults, BufferContents } from '../harness.ts';
import { denseSlots, permutationOf, SCALE_MAPS } from '../slots.ts';

const F32_BOUND = 1e-5;
/** All tests have a tile of 96 stored units, so that they share pipelines. */
const UNITS = 93;
/** Slots of factors in training steps. */
const SLOTS = 60;
/** Checkpoints of state and log-det. */
const CHECKPOINTS = 2;

/** A pipeline takes seconds to compile, so the kinds of tiles differ in all that makes a pipeline. */
interface Setting {
  tile: Tile;
  activation: Activation;
  scales: readonly ScaleMap[];
  hasTriangles: boolean;
  contextDim: number;
}
/** Free invocations split the sums of a layer with few outputs. */
const SPLIT: Setting = {
  tile: { group: 64, rowQuads: 2, outputQuads: 2 },
  activation: 'tanh',
  scales: scalesOf('exp'),
  hasTriangles: true,
  contextDim: 0,
};
/** For layers of 17 outputs or more, few invocations are free. */
const FOUR_QUADS: Setting = {
  tile: { group: 32, rowQuads: 4, outputQuads: 1 },
  activation: 'silu',
  scales: scalesOf('tanh'),
  hasTriangles: true,
  contextDim: 0,
};
const EIGHT_QUADS: Setting = {
  tile: { group: 32, rowQuads: 8, outputQuads: 2 },
  activation: 'relu',
  scales: scalesOf('sigmoid'),
  hasTriangles: false,
  contextDim: 3,
};

function scalesOf(map: ScaleMap['map']): ScaleMap[] {
  return SCALE_MAPS.filter((scale) => scale.map === map);
}

/** Five quads: no tile of 2, 4 or 8 quads ends with the last row. */
const ROWS = 20;
/** The last quad has padding. */
const VALID_ROWS = 17;
const D_LOG_DET = -0.75;

/** Tensors of the operations in a buffer of PARAMETERS. */
const VALUES = 3;
const POSITIVE = 40;
const PERMUTATION = 60;
const SIGNS = 80;
const PARAMETERS = ramp(90);
PARAMETERS.forEach((value, i) => {
  if (i >= POSITIVE && i < PERMUTATION) PARAMETERS[i] = 1.5 + value;
});
PARAMETERS.set(permutationOf(7), PERMUTATION);
PARAMETERS.set([1, -1, -1, 1, 1, -1, 1], SIGNS);

/** The state of the tests of single operations. */
const DIM = 14;

interface Case {
  name: string;
  ops: Op[];
  /** It is a part of a training step. */
  keeps?: true;
}

/** x₂, a and t are features of the state, so that all results are. */
const AFFINE: Op = { kind: 'affine', to: 1, count: 4, from: 5, aux: 9, number: 1 };
const triangle = { count: 5, tensor: VALUES, bias: 20 };

const CASES: Case[] = [
  { name: 'a copy', ops: [{ kind: 'copy', to: 2, from: 7, count: 5 }] },
  { name: 'an activation', ops: [{ kind: 'activate', to: 2, from: 7, count: 5 }] },
  { name: 'a shift', ops: [{ kind: 'shift', to: 2, from: 7, count: 5, number: 1 }] },
  { name: 'a shift inverted', ops: [{ kind: 'shift', to: 2, from: 7, count: 5, number: -1 }] },
  ...[0, INVERTED].flatMap((inverted): Case[] => {
    const suffix = inverted === 0 ? '' : ' inverted';
    const scale = { kind: 'scale', to: 3, count: 6, tensor: VALUES, option: inverted } as const;
    const permute = {
      kind: 'permute',
      to: 0,
      from: 7,
      count: 7,
      tensor: PERMUTATION,
      option: inverted,
    } as const;
    return [
      { name: `a scale${suffix}`, ops: [{ ...scale, bias: 30 }] },
      { name: `a scale without biases${suffix}`, ops: [{ ...scale, bias: NONE }] },
      {
        name: `standardisation${suffix}`,
        ops: [{ kind: 'standardize', to: 1, count: 6, tensor: VALUES, bias: POSITIVE, option: inverted }],
      },
      { name: `a permutation${suffix}`, ops: [{ ...permute, bias: NONE }] },
      { name: `a permutation with signs${suffix}`, ops: [{ ...permute, bias: SIGNS }] },
      ...[0, SHIFT_FIRST].map((first) => ({
        name: `an affine coupling${first === 0 ? '' : ' that shifts first'}${suffix}`,
        ops: [{ ...AFFINE, option: inverted | first }],
      })),
    ];
  }),
  ...(['solve_upper', 'solve_lower'] as const).map((kind) => ({
    name: `a triangle, ${kind}`,
    ops: [{ kind, to: 1, ...triangle }],
  })),
  {
    name: 'triangles of one feature',
    ops: [
      { kind: 'solve_upper', to: 3, ...triangle, count: 1 },
      { kind: 'solve_lower', to: 4, ...triangle, count: 1 },
    ],
  },
  {
    name: 'the log-det of units and tensors',
    ops: [
      { kind: 'add_units', from: 3, count: 5, number: -1 },
      { kind: 'add_tensor', tensor: VALUES, count: 5, number: 2 },
      { kind: 'add_tensor', tensor: POSITIVE, count: 5, number: -1, option: LOGARITHMS },
    ],
  },
  {
    name: 'factors kept',
    keeps: true,
    ops: [
      { kind: 'keep', from: 3, count: 5, slot: 2 },
      { kind: 'diagonal_factors', from: 6, count: 5, tensor: VALUES, slot: 20, slope: 9 },
      {
        kind: 'activate',
        to: 2,
        from: 7,
        count: 5,
        slot: 30,
        slope: 40,
        option: STEPS.keep | STEPS.keepSlope,
      },
    ],
  },
  {
    name: 'factors recalled, after others replaced them',
    keeps: true,
    ops: [
      { kind: 'keep', from: 3, count: 4, slot: 7 },
      { kind: 'recall', to: 1, count: 6, slot: 5 },
    ],
  },
  { name: 'the gradient of the next bijector', keeps: true, ops: [{ kind: 'gradient' }] },
  {
    name: 'checkpoints',
    ops: [
      { kind: 'checkpoint', slot: 1 },
      { kind: 'add_units', from: 3, count: 5, number: 1 },
      { kind: 'copy', to: 2, from: 7, count: 5 },
      { kind: 'checkpoint', slot: 0 },
    ],
  },
  ...[30, NONE].map((bias): Case => ({
    name: `a scale backward, ${bias === NONE ? 'without' : 'with'} biases`,
    keeps: true,
    ops: [
      { kind: 'scale', to: 3, count: 6, tensor: VALUES, bias, slot: 2 },
      { kind: 'scale_backward', to: 3, count: 6, tensor: VALUES, bias, slot: 2 },
    ],
  })),
  ...[0, SHIFT_FIRST].map((option): Case => ({
    name: `an affine coupling${option === 0 ? '' : ' that shifts first'} backward`,
    keeps: true,
    ops: [
      { ...AFFINE, option, slot: 3 },
      { ...AFFINE, kind: 'affine_backward', option, slot: 3 },
    ],
  })),
];

/** Kinds that the tests of whole flows compare with the plain kernels: test/passes/resident.test.ts. */
const IN_FLOWS: Op['kind'][] = [
  'parameters',
  'spline',
  'spline_backward',
  'domain',
  'draw',
  'latent',
  'log_density',
  'log_density_backward',
];

it('has a case for every kind of operation', () => {
  const kinds = new Set(['dense', ...IN_FLOWS, ...CASES.flatMap(({ ops }) => ops.map(({ kind }) => kind))]);
  expect(OPS.filter((kind) => !kinds.has(kind))).toEqual([]);
});

describe.each([SPLIT, FOUR_QUADS, EIGHT_QUADS])('resident_pass, $tile, $activation', (setting) => {
  const { activation } = setting;
  const cases = CASES.filter(({ ops }) => setting.hasTriangles || !ops.some(isTriangular));

  it.each(cases)('runs $name', async ({ ops, keeps }) => {
    for (const scale of setting.scales) {
      const number = scaleBound(scale);
      const scaled = ops.map((op) => (op.kind.startsWith('affine') ? { ...op, number } : op));
      await expectTwin({ ops: scaled, setting, keeps, scale });
    }
  });

  it.each([
    [1, 1, 4],
    [3, 2, 20],
    [5, 7, 20],
    [13, 13, 36],
    // Six slices of four inputs: the last has one.
    [21, 17, 64],
  ])('sums a dense layer of %i inputs and %i outputs at %i rows', async (inputs, outputs, rows) => {
    const options = [0, STEPS.add, STEPS.activate, STEPS.add | STEPS.activate];
    const layer = denseSlots(inputs, outputs, 2);
    const weights = new WeightPacker(setting.tile.outputQuads);
    const { start } = weights.forward(layer, all(inputs), all(outputs));
    const dense = { kind: 'dense', from: 0, inputs, tensor: start, count: outputs } as const;
    const ops = options.map((option, k): Op => {
      const bias = k === 1 ? NONE : layer.bias.offset;
      return { ...dense, to: inputs + k * outputs, bias, option };
    });
    const state = ramp((inputs + 4 * outputs) * rows, 2, 4);
    const code = activationCode(activation);
    const { gpu, parameters } = await expectTwin({ ops, setting, rows, state, weights, layer });
    for (let row = 0; row < rows; row++) {
      const x = (j: number): number => state[j * rows + row]!;
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let i = 0; i < inputs; i++) sum += parameters[2 + o * inputs + i]! * x(i);
        const biased = sum + parameters[layer.bias.offset + o]!;
        const [plain, added, activated, both] = options.map(
          (_, k) => gpu('state')[(inputs + k * outputs + o) * rows + row]!,
        );
        expect(plain).toBeCloseTo(biased, 4);
        expect(added).toBeCloseTo(sum + x(inputs + outputs + o), 4);
        expect(activated).toBeCloseTo(activate(code, biased).value, 4);
        expect(both).toBeCloseTo(activate(code, biased + x(inputs + 3 * outputs + o)).value, 4);
      }
    }
  });

  it.each([
    [3, 2],
    [5, 7],
    [9, 4],
  ])('keeps and uses factors in a dense layer of %i inputs and %i outputs', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 2);
    const weights = new WeightPacker(setting.tile.outputQuads);
    const forward = weights.forward(layer, all(inputs), all(outputs));
    const backward = weights.backward(layer, all(outputs), all(inputs));
    const dim = 2 * inputs + 4 * outputs;
    const values = { kind: 'dense', from: 0, inputs, count: outputs, bias: layer.bias.offset } as const;
    const gradient = {
      kind: 'dense',
      from: dim - outputs,
      inputs: outputs,
      tensor: backward.start,
      bias: NONE,
    } as const;
    const to = (k: number): number => inputs + k * outputs;
    const ops: Op[] = [
      {
        ...values,
        tensor: forward.start,
        to: to(0),
        aux: 50,
        slot: 1,
        slope: 1 + outputs,
        option: STEPS.activate | STEPS.keep | STEPS.keepSlope,
      },
      {
        ...values,
        tensor: forward.start,
        to: to(1),
        slope: 1 + 2 * outputs,
        option: STEPS.add | STEPS.activate | STEPS.keepSlope,
      },
      { ...values, tensor: forward.start, to: to(2), slot: 1 + 3 * outputs, option: STEPS.keep },
      { ...gradient, to: to(3), count: inputs, option: STEPS.add },
      // The gradient replaces the slope that it is multiplied by.
      {
        ...gradient,
        to: 0,
        count: inputs,
        slot: 30,
        slope: 30,
        option: STEPS.timesSlope | STEPS.add | STEPS.keep,
      },
      { ...gradient, to: to(0), count: Math.min(inputs, outputs), slope: 45, option: STEPS.timesSlope },
      ...(hasDerivativeAtValue(setting.activation)
        ? [
            {
              ...gradient,
              to: to(1),
              count: Math.min(inputs, outputs),
              slope: 1,
              option: STEPS.timesSlope | STEPS.atValue,
            },
          ]
        : []),
    ];
    const state = ramp(dim * ROWS, 2, 4);
    await expectTwin({ ops, setting, state, weights, layer, keeps: true });
  });

  it.each([
    [5, 7],
    [21, 17],
  ])('sums %i inputs before it replaces them by %i outputs', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 2);
    const weights = new WeightPacker(setting.tile.outputQuads);
    const { start } = weights.forward(layer, all(inputs), all(outputs));
    const ops: Op[] = [
      { kind: 'dense', to: 1, from: 0, inputs, tensor: start, count: outputs, bias: layer.bias.offset },
    ];
    await expectTwin({ ops, setting, state: ramp((inputs + outputs) * ROWS, 2, 4), weights, layer });
  });

  it.each([false, true])('begins at a checkpoint, and restores its state: %s', async (restores) => {
    const ops: Op[] = [{ kind: 'copy', to: 2, from: 7, count: 5 }];
    const { gpu, checkpoints } = await expectTwin({ ops, setting, keeps: true, resume: 1, restores });
    const state = checkpoints.slice((DIM + 1) * ROWS, (2 * DIM + 1) * ROWS);
    expect(gpu('d_state').slice(2 * ROWS, 7 * ROWS)).toEqual(state.slice(7 * ROWS, 12 * ROWS));
    expect(restores ? gpu('state') : state).toEqual(state);
  });

  it('overwrites the log-det, whatever it was, or adds to it', async () => {
    const ops: Op[] = [{ kind: 'add_units', from: 3, count: 2, number: 1 }];
    const fresh = await expectTwin({
      ops,
      setting,
      accumulate: false,
      logDet: new Float32Array(ROWS).fill(NaN),
    });
    const before = ramp(ROWS, 3, 9);
    const added = await expectTwin({ ops, setting, accumulate: true, logDet: before });
    const sums = fresh.gpu('log_det').map((value, row) => value + before[row]!);
    expectClose('log_det', added.gpu('log_det'), sums, F32_BOUND);
  });

  it('gives rows of padding no gradient', async () => {
    const { gpu } = await expectTwin({
      ops: [
        { kind: 'gradient' },
        { ...AFFINE, kind: 'affine_backward', slot: 1 },
        { kind: 'scale_backward', to: 0, count: 1, tensor: VALUES, bias: NONE, slot: 10 },
        { kind: 'diagonal_factors', from: 13, count: 1, tensor: VALUES, slot: 20, slope: 30 },
      ],
      setting,
      keeps: true,
      dState: new Float32Array(DIM * ROWS),
    });
    const slots = [1, 2, 3, 4, 10, 20];
    const kept = factorsOf(gpu('factors'), ROWS);
    for (const slot of slots) {
      const rows = Array.from({ length: ROWS }, (_, row) => kept[slot * ROWS + row]!);
      expect(rows.map((value) => value !== 0)).toEqual(rows.map((_, row) => row < VALID_ROWS));
    }
  });
});

describe('resident_pass', () => {
  it.each([false, true])('reads contexts, in a training step: %s', async (keeps) => {
    const start = contextUnit(DIM);
    const ops: Op[] = [
      { kind: 'copy', to: 1, from: start, count: 3 },
      { kind: 'shift', to: 6, from: start + 1, count: 2, number: -2 },
    ];
    const { gpu } = await expectTwin({ ops, setting: EIGHT_QUADS, keeps });
    expect(gpu(keeps ? 'd_state' : 'state').slice(ROWS, 4 * ROWS)).toEqual(contextOf(3 * ROWS));
  });

  it('refuses rows and layers for which a tile is too small', () => {
    const { tile } = SPLIT;
    const dense = (count: number): Op => ({ kind: 'dense', inputs: 4, count });
    expect(tileFits(440, [dense(256)], tile)).toBe(true);
    expect(tileFits(440, [dense(257)], tile)).toBe(false);
    expect(tileFits(520, [dense(4)], tile)).toBe(false);
  });

  it('has a layer of many outputs, and then one of few', async () => {
    const width = 130;
    const [wide, narrow] = [denseSlots(3, width, 2), denseSlots(width, 3, 2 + 4 * width)];
    const weights = new WeightPacker(SPLIT.tile.outputQuads);
    const there = weights.forward(wide, all(3), all(width));
    const back = weights.forward(narrow, all(width), all(3));
    const hidden = contextUnit(3);
    const ops: Op[] = [
      {
        kind: 'dense',
        to: hidden,
        from: 0,
        inputs: 3,
        tensor: there.start,
        count: width,
        bias: wide.bias.offset,
        option: STEPS.activate,
      },
      {
        kind: 'dense',
        to: 0,
        from: hidden,
        inputs: width,
        tensor: back.start,
        count: 3,
        bias: narrow.bias.offset,
      },
    ];
    const [rows, state] = [12, ramp(36)];
    const units = hidden + width;
    const { gpu, parameters } = await expectTwin({
      ops,
      setting: SPLIT,
      rows,
      state,
      weights,
      layer: narrow,
      units,
    });
    for (let row = 0; row < rows; row++) {
      const values = Array.from({ length: width }, (_, o) => {
        const terms = [0, 1, 2].map((i) => parameters[2 + o * 3 + i]! * state[i * rows + row]!);
        return Math.tanh(terms.reduce((a, b) => a + b, parameters[wide.bias.offset + o]!));
      });
      for (let o = 0; o < 3; o++) {
        const sum = values.reduce(
          (a, value, i) => a + value * parameters[narrow.weight.offset + o * width + i]!,
          0,
        );
        expect(gpu('state')[o * rows + row]).toBeCloseTo(sum + parameters[narrow.bias.offset + o]!, 4);
      }
    }
  });

  it.each<[string, Op[]]>([
    [
      'an affine coupling',
      [
        { ...AFFINE, from: 30, aux: 34 },
        { ...AFFINE, from: 40, aux: 34, option: INVERTED },
      ],
    ],
    [
      'a permutation with signs',
      [
        { kind: 'permute', to: 30, from: 0, count: 7, tensor: PERMUTATION, bias: SIGNS },
        { kind: 'permute', to: 0, from: 30, count: 7, tensor: PERMUTATION, bias: SIGNS, option: INVERTED },
      ],
    ],
  ])('is undone by its inverse: %s', async (_, ops) => {
    // The couplings read log-scales and shifts from the same features, copied aside.
    const state = ramp(DIM * ROWS, 2, 4);
    const aside = [30, 40].map((to): Op => ({ kind: 'copy', to, from: 5, count: 8 }));
    const { gpu } = await expectTwin({ ops: [...aside, ...ops], setting: SPLIT, state });
    expectClose('state', gpu('state'), state, F32_BOUND);
  });
});

interface Launch {
  ops: Op[];
  setting: Setting;
  rows?: number;
  units?: number;
  keeps?: boolean | undefined;
  /** The checkpoint to begin at, and whether its state is restored. */
  resume?: number;
  restores?: boolean;
  accumulate?: boolean;
  scale?: ScaleMap;
  state?: Float32Array;
  dState?: Float32Array;
  logDet?: Float32Array;
  weights?: WeightPacker;
  /** The last layer of the parameters. */
  layer?: ReturnType<typeof denseSlots>;
}

/** Runs the operations on the GPU and by the twin, and compares all that they leave. */
async function expectTwin({
  ops,
  setting: { tile, activation, scales, hasTriangles, contextDim },
  rows = ROWS,
  units = UNITS,
  keeps = false,
  resume,
  restores = resume === undefined,
  accumulate = false,
  scale = scales[0] ?? { map: 'exp' },
  state = ramp(DIM * rows, 2, 4),
  dState = rowsWithGradient(ramp(state.length, 1, 6), rows),
  logDet = ramp(rows),
  weights = new WeightPacker(tile.outputQuads),
  layer,
}: Launch): Promise<BothResults & { parameters: Float32Array; checkpoints: Float32Array }> {
  const dim = state.length / rows;
  const parameters = layer === undefined ? PARAMETERS : ramp(layer.bias.offset + layer.bias.length);
  const pack = weights.dispatch({ parameters: 'parameters', packed: 'packed' });
  const checkpoints = ramp(CHECKPOINTS * (dim + 1) * rows, 3, 8);
  const hasCheckpoints = resume !== undefined || ops.some(({ kind }) => kind === 'checkpoint');
  const launch = residentPass({
    rows,
    dim,
    contextDim,
    ops: hasTriangles ? [...ops, NO_TRIANGLE] : ops,
    units,
    tile,
    activation,
    scale,
    flops: 0,
    parameters: 'parameters',
    packed: 'packed',
    ...(restores ? { state: 'state' } : {}),
    ...(contextDim === 0 ? {} : { context: 'context' }),
    ...(hasCheckpoints
      ? { checkpoints: { buffer: 'checkpoints', ...(resume === undefined ? {} : { resume }) } }
      : {}),
    ...(keeps
      ? {
          training: {
            validRows: Math.min(rows, VALID_ROWS),
            dLogDet: D_LOG_DET,
            slots: SLOTS,
            dState: 'd_state',
            factors: 'factors',
          },
        }
      : { logDet: { buffer: 'log_det', accumulate } }),
  });
  const contents: BufferContents = {
    parameters,
    packed: Math.max(4, weights.length),
    ...(restores ? { state: withTail(state) } : {}),
    ...(keeps ? {} : { log_det: withTail(logDet) }),
    ...(hasCheckpoints ? { checkpoints: withTail(checkpoints) } : {}),
    ...(contextDim === 0 ? {} : { context: contextOf(contextDim * rows) }),
    ...(keeps ? { d_state: withTail(dState), factors: ramp(factorElements(rows, SLOTS, tile)) } : {}),
  };
  const results = await runBoth([...(pack === undefined ? [] : [pack]), launch], contents);
  const { gpu, twin } = results;
  // The tail shows that nothing past the last row changes.
  for (const name of ['state', 'checkpoints'].filter((name) => name in contents)) {
    expectClose(name, gpu(name), twin(name), F32_BOUND);
  }
  if (keeps) {
    expectClose('d_state', gpu('d_state'), twin('d_state'), F32_BOUND);
    const [kept, expected] = [gpu, twin].map((of) => factorsOf(of('factors'), rows));
    expectClose('factors', kept!, expected!, F32_BOUND);
  } else {
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
  }
  return {
    ...results,
    gpu: (name) => {
      const all = gpu(name);
      return contents[name] instanceof Float32Array && TAILED.includes(name)
        ? all.slice(0, -TAIL.length)
        : all;
    },
    parameters,
    checkpoints,
  };
}

/** Does nothing, but the kernel has triangles. */
const NO_TRIANGLE: Op = { kind: 'solve_lower', count: 0 };

function isTriangular({ kind }: Op): boolean {
  return kind.startsWith('solve_');
}

const contextOf = (length: number): Float32Array => ramp(length, 1, 8);

const TAIL = Float32Array.of(-7, -8, -9);
const TAILED = ['state', 'log_det', 'd_state', 'checkpoints'];

function withTail(values: Float32Array): Float32Array {
  return Float32Array.of(...values, ...TAIL);
}

/** Rows of padding come without gradient from the loss. */
function rowsWithGradient(dState: Float32Array, rows: number): Float32Array {
  return dState.map((value, index) => (index % rows < VALID_ROWS ? value : 0));
}

/** The factors of the rows [slots, rows]; those past the last row are unused. */
function factorsOf(factors: ArrayLike<number>, rows: number): Float64Array {
  return Float64Array.from({ length: SLOTS * 4 * quadsOf(rows) }, (_, index) => {
    const [slot, row] = [Math.floor(index / rows), index % rows];
    return factors[(Math.floor(row / 8) * SLOTS + slot) * 8 + (row % 8)]!;
  });
}

function all(count: number): { start: number; count: number } {
  return { start: 0, count };
}
