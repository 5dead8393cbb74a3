/** Whole plans with their initial buffers: a training step, or rows through a flow. */
import { passJob } from '../flow/jobs.ts';
import type { RowJob } from '../gpu/rows.ts';
import { intoDomain } from '../model/domain.ts';
import { domainsOf } from '../spec/offset.ts';
import { initialParameters } from '../spec/init.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { Plan } from '../plan/plan.ts';
import { normals, STREAMS } from '../random.ts';
import { datasetFor, RING_SIZE } from '../passes/batch.ts';
import type { BatchSource, DatasetTable } from '../passes/batch.ts';
import { dataStartPlan } from '../passes/dataStart.ts';
import { givesOf, PASSES } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import {
  CONTEXT,
  contextDatasetName,
  datasetName,
  FIRST_MOMENT,
  NLL,
  NOISE_FACTOR,
  PARAMETERS,
  STATE,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
  widthDatasetName,
} from '../plan/names.ts';
import type { OptimizerSettings } from '../passes/optimize.ts';
import { ringEntries } from '../passes/rings.ts';
import { trainPlan } from '../passes/train.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { toyDensity } from '../data/toy.ts';
import { multiplyWeights, passFlops, trainingFlops } from './usefulFlops.ts';
import { netsOf } from '../bijectors/bijector.ts';

/** The passes that are reported for every flow. */
export const REPORTED = ['trainStep', 'forward', 'sample', 'logProb'] as const;
export type ReportedPass = (typeof REPORTED)[number];

type TrainingPass = 'trainStep' | 'toyTrainStep' | keyof typeof OTHER_UPDATES;

/** Also the passes that only contribute kernels. */
export type AnyPass = PassName | TrainingPass | 'dataStart';

/** The printed form: `log_prob`. */
export function printedName(pass: AnyPass): string {
  return pass.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export interface Workload {
  pass: AnyPass;
  rows: number;
  plan: Plan;
  /** Initial contents of buffers; the others start at zero. */
  contents: ReadonlyMap<string, Float32Array | Uint32Array>;
  /** Buffers that a run changes and the next run starts from: they are restored before each sample. */
  restored: readonly string[];
  /** Buffers with the results of the plan. */
  results: readonly string[];
  usefulFlops: number;
  /** The same pass over this many rows, in chunks of the plan's rows; undefined for a training step. */
  inChunks?: (rows: number) => RowJob;
}

const SEED = 1;
/** Number of batches in the data set of the training steps. */
const BATCHES = 16;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };
/** Training steps that launch other kernels, with their optimisers. */
const OTHER_UPDATES = {
  averagedTrainStep: { ...ADAM, weightDecay: 0.01, averageDecay: 0.999 },
  frozenTrainStep: { ...ADAM, freeze: ['bijectors.1'] },
  /** With noise on rows of cells. */
  noisyTrainStep: ADAM,
  sgdTrainStep: { ...ADAM, optimizer: 'sgd', momentum: 0.9 },
} satisfies Record<string, OptimizerSettings>;
/** So small that the flow hardly changes over the steps of a fast adapter in the given time. */
const LEARNING_RATE = 1e-5;

/** Limits of rows and arithmetic of a pass, small enough for a CPU. */
const PASS_ROWS = 8192;
const PASS_FLOPS = 4e9;

/** Rows of a timed pass: at most one chunk of the library. */
export function passRowsOf(model: FlowModel): number {
  let rows = Math.min(PASS_ROWS, chunkRowsOf(model));
  while (rows > 64 && passFlops(model.layout, rows) > PASS_FLOPS) rows = 64 * Math.ceil(rows / 128);
  return rows;
}

/** More than one workgroup, in whole quads. */
const CHECKED_ROWS = 68;
const CHECKED_FLOPS = 1e9;

/** Rows of a plan for the f64 twin: few, because its loops are simple. */
export function checkedRowsOf({ layout }: FlowModel): number {
  const affordable = CHECKED_FLOPS / (6 * multiplyWeights(layout));
  return Math.min(CHECKED_ROWS, 4 * Math.max(1, Math.floor(affordable / 4)));
}

export function modelOf(spec: FlowSpec): FlowModel {
  return { spec, layout: paramLayout(spec) };
}

/** The plan of a pass that is reported for every flow. */
export function reportedPlan(
  model: FlowModel,
  pass: ReportedPass,
  rows: number,
  variants: KernelVariants,
): Plan {
  return pass === 'trainStep'
    ? trainingPlan(model, datasetFor(model.spec, BATCHES * rows), rows, variants)
    : PASSES[pass].plan(model, { count: rows, seed: SEED }, variants);
}

export function workloadOf(
  model: FlowModel,
  pass: AnyPass,
  rows: number,
  variants: KernelVariants,
): Workload {
  const { spec, layout } = model;
  const parameters = benchParameters(model);
  if (isTraining(pass)) return trainingWorkload(model, pass, rows, variants, parameters);
  if (pass === 'dataStart') return dataStartWorkload(model, rows, variants, parameters);
  const { plan, takes } = PASSES[pass];
  const contents = new Map([[PARAMETERS, parameters]]);
  if (takes !== 'draws') contents.set(STATE, dataColumns(spec, rows));
  if (spec.contextDim > 0) contents.set(CONTEXT, standardNormals(spec.contextDim * rows));
  const repeated = (buffer: string, all: number): Float32Array | undefined => {
    const values = contents.get(buffer);
    return values && repeatedTo((values.length / rows) * all, values);
  };
  return {
    pass,
    rows,
    plan: plan(model, { count: rows, seed: SEED }, variants),
    contents,
    restored: takes === 'draws' ? [] : [STATE],
    results: Object.values(givesOf(pass)).map(({ buffer }) => buffer),
    usefulFlops: passFlops(layout, rows),
    inChunks: (all) => {
      const taken = { count: all, values: repeated(STATE, all) };
      const job = passJob(model, pass, taken, { context: repeated(CONTEXT, all), seed: SEED });
      return { ...job, kind: pass, chunkRows: rows, planOf: (chunk) => job.planOf(chunk, variants) };
    },
  };
}

/** Repeats the values: drawing new ones would take longer than the pass. */
function repeatedTo(length: number, values: ArrayLike<number>): Float32Array {
  const all = new Float32Array(length);
  for (let i = 0; i < length; i++) all[i] = values[i % values.length] ?? NaN;
  return all;
}

/** A training step whose data set is one batch: it takes less time to draw. */
export function smallStep(model: FlowModel, batch: number, variants: KernelVariants): Workload {
  return trainingWorkload(model, 'trainStep', batch, variants, benchParameters(model), 1);
}

export function isTraining(pass: AnyPass): pass is TrainingPass {
  return pass === 'trainStep' || pass === 'toyTrainStep' || pass in OTHER_UPDATES;
}

function trainingWorkload(
  model: FlowModel,
  pass: TrainingPass,
  batch: number,
  variants: KernelVariants,
  parameters: Float32Array,
  batches = BATCHES,
): Workload {
  const source =
    pass === 'toyTrainStep' ? toySource(model.spec.dim) : sourceOf(model.spec, batches * batch, pass);
  const rings = ringEntries(
    { ...ADAM, source, batch, learningRate: LEARNING_RATE, schedule: { kind: 'constant' }, steps: RING_SIZE },
    0,
    RING_SIZE,
  );
  const contents = new Map<string, Float32Array | Uint32Array>([
    [PARAMETERS, parameters],
    [STEP_CURSOR, rings.cursor],
    [STEP_SCALARS, rings.scalars],
  ]);
  if (source.kind === 'dataset') {
    putDataset(contents, model.spec, source);
  }
  return {
    pass,
    rows: batch,
    plan: trainingPlan(model, source, batch, variants, optimizerOf(pass)),
    contents,
    restored: [],
    // Not the parameters: Adam's first step has the size of the learning rate for any small gradient.
    results: [FIRST_MOMENT, NLL, STEP_LOSSES],
    usefulFlops: trainingFlops(model.layout, batch),
  };
}

function sourceOf(spec: FlowSpec, rows: number, pass: TrainingPass): BatchSource {
  const source = datasetFor(spec, rows);
  return pass === 'noisyTrainStep' ? { ...source, hasNoise: true, hasWidths: true } : source;
}

function optimizerOf(pass: TrainingPass): OptimizerSettings {
  return pass === 'trainStep' || pass === 'toyTrainStep' ? ADAM : OTHER_UPDATES[pass];
}

function trainingPlan(
  model: FlowModel,
  source: BatchSource,
  batch: number,
  variants: KernelVariants,
  optimizer: OptimizerSettings = ADAM,
): Plan {
  return trainPlan(model, { source, batch, seed: SEED, optimizer, variants });
}

function putDataset(
  contents: Map<string, Float32Array | Uint32Array>,
  spec: FlowSpec,
  { rows, context, hasNoise, hasWidths, ...table }: BatchSource & { kind: 'dataset' },
): void {
  const { dim } = spec;
  putTable(contents, dataRows(spec, rows), table, datasetName);
  if (hasWidths === true) {
    putTable(contents, new Float32Array(rows * dim).fill(0.5), table, widthDatasetName);
  }
  if (hasNoise === true) contents.set(NOISE_FACTOR, new Float32Array(dim * dim).fill(0.1));
  if (context === undefined) return;
  putTable(contents, standardNormals(rows * context.features), context, contextDatasetName);
}

function putTable(
  contents: Map<string, Float32Array | Uint32Array>,
  values: Float32Array,
  { features, segmentRows }: DatasetTable,
  nameOf: typeof datasetName,
): void {
  const length = segmentRows * features;
  for (let segment = 0; segment * length < values.length; segment++) {
    contents.set(nameOf(segment), values.subarray(segment * length, (segment + 1) * length));
  }
}

/** Starts the flow's actnorms from a batch. @throws {RangeError} when it has none */
function dataStartWorkload(
  model: FlowModel,
  batch: number,
  variants: KernelVariants,
  parameters: Float32Array,
): Workload {
  const source = datasetFor(model.spec, batch);
  const plan = dataStartPlan(model, { source, batch, seed: SEED }, variants);
  if (plan === undefined) throw new RangeError('the flow has no actnorm to start');
  const contents = new Map<string, Float32Array | Uint32Array>([[PARAMETERS, parameters]]);
  putDataset(contents, model.spec, source);
  return {
    pass: 'dataStart',
    rows: batch,
    plan,
    contents,
    restored: [],
    results: [PARAMETERS, STATE],
    usefulFlops: passFlops(model.layout, batch),
  };
}

/** Normal rows, row-major, with bounded features mapped into their domains. */
function dataRows(spec: FlowSpec, rows: number): Float32Array {
  const { dim } = spec;
  return withinDomains(spec, standardNormals(rows * dim), (index) => index % dim);
}

/** The same column by column, in the layout of a state. */
function dataColumns(spec: FlowSpec, rows: number): Float32Array {
  return withinDomains(spec, standardNormals(rows * spec.dim), (index) => Math.floor(index / rows));
}

function withinDomains(
  spec: FlowSpec,
  values: Float32Array,
  featureOf: (index: number) => number,
): Float32Array {
  const domains = domainsOf(spec);
  if (domains === undefined) return values;
  return values.map((value, index) => {
    const domain = domains[featureOf(index)] ?? 'real';
    return domain === 'real' ? value : intoDomain(domain, value).value;
  });
}

let drawnNormals = new Float32Array();

/** The first `count` values of one sequence, drawn once for all workloads. */
function standardNormals(count: number): Float32Array {
  if (drawnNormals.length < count) {
    drawnNormals = Float32Array.from(normals(SEED, STREAMS.baseSample, count));
  }
  return drawnNormals.slice(0, count);
}

/** A density with this many features. */
function toySource(dim: number): BatchSource {
  const { shape, noise } = toyDensity(dim === 2 ? 'moons' : 'warped8');
  return { kind: 'toy', shape, noise, stream: STREAMS.toyTraining };
}

/** Factor by which last layers are smaller than the others, as in a flow with moderate couplings. */
const LAST_LAYER = 0.1;

const parametersOfSpec = new WeakMap<FlowSpec, Float32Array>();

/** The parameters of a spec, drawn once for all workloads. */
function benchParameters(model: FlowModel): Float32Array {
  const parameters = parametersOfSpec.get(model.spec) ?? drawParameters(model);
  parametersOfSpec.set(model.spec, parameters);
  return parameters.slice();
}

/** Parameters for which no bijector is the identity, so that checks are meaningful. */
function drawParameters({ spec, layout }: FlowModel): Float32Array {
  // Uses a separate layout: the model's would specify how its nets start.
  const parameters = initialParameters({ ...spec, bijectors: spec.bijectors.map(drawn) }, SEED);
  const inNets = new Set<string>();
  for (const { layers } of layout.bijectors.flatMap(netsOf)) {
    for (const { weight, bias } of layers) [weight, bias].forEach(({ name }) => inNets.add(name));
    const last = layers.at(-1);
    for (const { offset, length } of last === undefined ? [] : [last.weight, last.bias]) {
      for (let i = offset; i < offset + length; i++) parameters[i] = LAST_LAYER * (parameters[i] ?? NaN);
    }
  }
  const small = standardNormals(layout.length).map((value) => LAST_LAYER * value);
  for (const { name, offset, length, trainable } of layout.tensors) {
    if (trainable && !inNets.has(name)) parameters.set(small.subarray(offset, offset + length), offset);
  }
  return parameters;
}

/** The same bijector with every layer of its nets drawn at random. */
function drawn(bijector: BijectorSpec): BijectorSpec {
  if (!('conditioner' in bijector)) return bijector;
  const conditioner = { ...bijector.conditioner, init: 'torch_linear' };
  return { ...bijector, conditioner } as BijectorSpec;
}
