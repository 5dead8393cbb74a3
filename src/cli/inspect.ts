/** `wgflow inspect` prints the contents of a model file; it needs no GPU. */
import type { Model, OptimizerState, TrainingRecord } from '../io/modelFile.ts';
import { roomOf } from '../table/columns.ts';
import { trainingMemory } from '../training/memory.ts';
import type { MemoryReport } from '../training/memory.ts';
import type { Precision } from '../plan/precision.ts';
import { paramLayout } from '../spec/layout.ts';
import type { ParamLayout } from '../spec/layout.ts';
import { baseOf } from '../bases/index.ts';
import { variantsText } from '../passes/purpose.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../plan/variants.ts';
import { heldOutWords } from './heldOutWords.ts';
import { launchTables, planLaunches } from './launchTables.ts';
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
  const launches = await planLaunches(
    { spec, layout },
    batch,
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
      launches,
      tensors,
    });
    return;
  }
  const facts = [
    ['File', file],
    spec.image === undefined
      ? ['Columns', columnNames(model).join(', ')]
      : ['Images', `${spec.image.join(' × ')}, channels by height by width`],
    ...(spec.contextDim === 0 ? [] : [['Context', describedContext(model)]]),
    ['Base', baseOf(spec.base).words(spec.base)],
    ['Parameters', layout.parameterCount.toLocaleString('en')],
    ...(training === undefined ? [] : trainingFacts(training)),
    ...(optimizer === undefined ? [] : checkpointFacts(optimizer)),
  ];
  const described = describedBijectors(model, layout);
  const bijectors = spec.bijectors.map(({ type }, index) => [index, type, described[index] ?? '']);
  const shapes = tensors.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]);
  const tables = [
    tableText(facts),
    ...(training?.table === undefined
      ? []
      : [
          tableText(
            training.table.map((column) => [column.name, roomOf(column).words(column)]),
            ['column of the table', 'what it is'],
          ),
        ]),
    tableText(bijectors, ['#', 'bijector', 'what it does']),
    tableText(memoryRows(memory), [
      'memory of training',
      'bytes',
      `at batches of ${batch.toLocaleString('en')}`,
    ]),
    ...launchTables(launches),
    tableText(shapes, ['tensor', 'shape']),
  ];
  session.print(`${tables.join('\n')}\n`);
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
  const { preset, dataset, steps, seed, bestValidationNll, heldOut, options, library } = training;
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
    ['log p of held-out rows', heldOut && heldOutWords(heldOut)],
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

/** A description of each bijector. */
function describedBijectors(model: Model, { bijectors }: ParamLayout): string[] {
  const { spec, training, parameters } = model;
  const { dim, contextDim } = spec;
  const columns = contextDim === 0 ? [] : (training?.context?.map(({ name }) => name) ?? ['the context']);
  let names = columnNames(model);
  return bijectors.map((layer) => {
    const text = layer.room.words(layer, { dim, contextDim, names, given: columns, parameters });
    // From here on features are moved or mixed.
    if (layer.room.movesFeatures === true) names = names.map((_, j) => `h${j + 1}`);
    return text;
  });
}
