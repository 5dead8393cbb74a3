/** `wgflow inspect` prints the contents of a model file; it needs no GPU. */
import type { Model, OptimizerState, TrainingRecord } from '../io/modelFile.ts';
import { trainingMemory } from '../training/memory.ts';
import type { MemoryReport } from '../training/memory.ts';
import type { Precision } from '../plan/precision.ts';
import { paramLayout } from '../spec/layout.ts';
import { tensorOf } from '../model/tensors.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type { BaseSpec, CouplingSpec, SplineElementwiseSpec } from '../spec/spec.ts';
import type { Domain } from '../model/domain.ts';
import type { FeatureBlock } from '../model/blocks.ts';
import { variantsText } from '../passes/candidates.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../plan/variants.ts';
import { columnNames, readModel } from './modelInput.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';

export interface InspectOptions {
  /** Rows of a batch and of the training data, for the memory of training. */
  batch: number;
  rows: number;
  precision?: Precision;
}

export async function inspectCommand(
  session: Session,
  file: string,
  { batch, rows, precision }: InspectOptions,
): Promise<void> {
  const { model } = await readModel(file);
  const { spec, training, optimizer } = model;
  const layout = paramLayout(spec);
  const memory = trainingMemory(
    { spec, layout },
    { batch, rows },
    fixedVariants(GPU_WITHOUT_SUBGROUPS, precision),
  );
  const tensors = layout.tensors.map(({ name, shape, trainable }) => ({ name, shape, trainable }));
  if (session.json) {
    session.emit({
      event: 'done',
      file,
      spec,
      training,
      checkpointStep: optimizer?.step,
      variants: optimizer?.variants,
      parameters: layout.parameterCount,
      precision: precision ?? 'f32',
      memory: { batch, rows, ...memory },
      tensors,
    });
    return;
  }
  const facts = [
    ['File', file],
    ['Columns', columnNames(model).join(', ')],
    ...(spec.contextDim === 0 ? [] : [['Context', describedContext(model)]]),
    ['Base', describedBase(spec.base)],
    ['Parameters', layout.parameterCount.toLocaleString('en')],
    ...(training === undefined ? [] : trainingFacts(training)),
    ...(optimizer === undefined ? [] : checkpointFacts(optimizer)),
  ];
  const bijectors = spec.bijectors.map(({ type }, index) => [index, type, described(model, index)]);
  const shapes = tensors.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]);
  const tables = [
    tableText(facts),
    tableText(bijectors, ['#', 'bijector', 'what it does']),
    tableText(memoryRows(memory), [
      'memory of training',
      'bytes',
      `at batches of ${batch.toLocaleString('en')}`,
    ]),
    tableText(shapes, ['tensor', 'shape']),
  ];
  process.stdout.write(`${tables.join('\n')}\n`);
}

function memoryRows(memory: MemoryReport): [string, string, string][] {
  const described: [keyof MemoryReport, string][] = [
    ['parameters', 'the tensors below'],
    ['optimizer', 'gradients and two moments'],
    ['activations', 'workspace of a step'],
    ['data', 'the training rows'],
    ['control', 'rings and params of the kernels'],
    ['total', ''],
  ];
  return described.map(([part, what]) => [part, memory[part].toLocaleString('en'), what]);
}

function trainingFacts(training: TrainingRecord): [string, string][] {
  const { preset, dataset, steps, seed, bestValidationNll, options, library } = training;
  const facts: [string, string | undefined][] = [
    ['Preset', preset],
    ['Toy density', dataset],
    ['Steps', steps.toLocaleString('en')],
    ['Seed', String(seed)],
    [
      'Settings',
      options &&
        Object.entries(options)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
    ],
    [
      'Best validation NLL',
      bestValidationNll === undefined ? undefined : `${bestValidationNll.toFixed(4)} nats`,
    ],
    ['Written by', library],
  ];
  return facts.flatMap(([label, value]): [string, string][] => (value === undefined ? [] : [[label, value]]));
}

function checkpointFacts({ step, variants }: OptimizerState): [string, string][] {
  const facts: [string, string][] = [['Checkpoint of step', step.toLocaleString('en')]];
  return variants === undefined ? facts : [...facts, ['Kernels', variantsText(variants)]];
}

function describedContext({ spec, training }: Model): string {
  const columns = training?.context?.map((column) =>
    'levels' in column
      ? `${column.name} (${column.levels.join(', ')})`
      : `${column.name} (numbers, mean ${rounded(column.mean)}, std ${rounded(column.std)})`,
  );
  return columns?.join('; ') ?? `${spec.contextDim} features without names`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function described(model: Model, index: number): string {
  const bijector = model.spec.bijectors[index];
  switch (bijector?.type) {
    case 'domain':
      return describedDomains(model, bijector.features);
    case 'standardize':
      return bijector.offset === undefined
        ? '(x − mean) / std'
        : `(x − offset − mean) / std, offset ${describedOffset(bijector.offset, featureNames(model, index))}`;
    case 'affine_coupling':
    case 'additive_coupling':
    case 'rational_quadratic_coupling':
      return describedCoupling(bijector, featureNames(model, index), givenNames(model));
    case 'rational_quadratic_elementwise':
      return describedSplines(bijector, featureNames(model, index));
    case 'diagonal_scale':
      return 'x exp(log_scale)';
    case 'actnorm':
      return '(x + bias) exp(log_scale)';
    case 'invertible_linear':
      return bijector.init === 'whiten'
        ? 'L (U + diag) x, which starts as the whitening of the data'
        : 'P L (U + diag) x';
    case 'permutation':
      return bijector.init === 'reverse' ? 'features in reverse order' : 'features in a random order';
    case undefined:
      return '';
  }
}

/** `5400000 of northing`, for the features that have one. */
function describedOffset(offset: readonly number[], names: readonly string[]): string {
  return offset.flatMap((value, j) => (value === 0 ? [] : [`${value} of ${names[j]}`])).join(', ');
}

function describedBase(base: BaseSpec): string {
  switch (base.type) {
    case 'standard_normal':
      return 'standard normal';
    case 'class_conditional':
      return 'normal with a mean from the context';
    case 'diagonal_normal':
      return 'normal with a learned mean and spread for each feature';
    case 'student_t':
      return base.learned
        ? "Student's t with learned tails"
        : `Student's t with ${base.df} degrees of freedom`;
    case 'mixture':
      return `mixture of ${base.components} diagonal normals`;
    case 'uniform':
      return `uniform on ±${base.bound}`;
  }
}

function describedDomains(model: Model, domains: readonly Domain[]): string {
  const [slots] = paramLayout(model.spec).bijectors;
  const scales = slots?.type === 'domain' ? tensorOf(model.parameters, slots.scale) : undefined;
  const names = columnNames(model).map((name, j) =>
    domains[j] === 'positive' ? `${name} (scale ${rounded(scales?.[j] ?? 1)})` : name,
  );
  const those = (domain: Domain): string => names.filter((_, j) => domains[j] === domain).join(', ');
  const parts = [
    those('unit') && `log(x / (1 − x)) of ${those('unit')}`,
    those('positive') && `log(exp(x / scale) − 1) of ${those('positive')}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** The columns, or h1, h2, … if an earlier bijector has moved or mixed them. */
function featureNames(model: Model, index: number): string[] {
  const isMoved = model.spec.bijectors
    .slice(0, index)
    .some(({ type }) => type === 'permutation' || type === 'invertible_linear');
  return isMoved ? Array.from({ length: model.spec.dim }, (_, j) => `h${j + 1}`) : columnNames(model);
}

/** The context columns that the nets of a coupling read. */
function givenNames({ spec, training }: Model): string[] {
  if (spec.contextDim === 0) return [];
  return training?.context?.map(({ name }) => name) ?? ['the context'];
}

function describedCoupling(
  bijector: CouplingSpec,
  names: readonly string[],
  given: readonly string[],
): string {
  const { conditionStart, conditionCount, transformStart, transformCount } = couplingBlocks(
    names.length,
    bijector,
  );
  const { hidden, activation, residualBlocks } = bijector.conditioner;
  const shape =
    residualBlocks === undefined ? hidden.join('-') : `${hidden[0]} in residual blocks (${residualBlocks}),`;
  const nets = bijector.type === 'affine_coupling' && bijector.conditioner.separate ? 'two nets' : 'one net';
  const condition =
    conditionCount === 0 ? [] : [blockNames(names, { start: conditionStart, count: conditionCount })];
  return (
    `${blockNames(names, { start: transformStart, count: transformCount })} given ` +
    `${[...condition, ...given].join(', ')}; ` +
    `${describedMap(bijector)}; ${nets} of ${shape} ${activation}`
  );
}

function describedSplines(bijector: SplineElementwiseSpec, names: readonly string[]): string {
  const features =
    bijector.block === undefined ? 'each feature' : `each of ${blockNames(names, bijector.block)}`;
  return `a spline of ${bijector.bins} bins on ±${bijector.bound} for ${features}`;
}

function blockNames(names: readonly string[], { start, count }: FeatureBlock): string {
  const inside = names.slice(start, start + count);
  return count <= 3 ? inside.join(', ') : `${inside[0]} … ${inside[count - 1]} (${count})`;
}

function describedMap(bijector: CouplingSpec): string {
  if (bijector.type === 'additive_coupling') return 'shift';
  if (bijector.type === 'rational_quadratic_coupling') {
    return `spline of ${bijector.bins} bins on ±${bijector.bound}`;
  }
  const { scale } = bijector;
  if (scale.map === 'tanh') return `tanh scale, bound ${scale.bound}`;
  const floor = scale.map === 'sigmoid' && scale.floor !== undefined ? `, floor ${scale.floor}` : '';
  return `${scale.map} scale${floor}`;
}
