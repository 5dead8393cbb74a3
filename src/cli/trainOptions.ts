/** The options of `wgflow train`: which combinations are valid, and how they map to `fit`. */
import path from 'node:path';
import type { ToyName } from '../data/toy.ts';
import { ShapeError } from '../errors.ts';
import type { ImagePresetName, PresetName } from '../presets/index.ts';
import type { TrainingRecord } from '../io/modelFile.ts';
import { baseOf } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { formatSchedule } from '../model/schedule.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { FIT_DEFAULTS } from '../training/settingTable.ts';
import type { FitOptions } from '../training/options.ts';
import type { TrainingSettings } from '../training/settingTable.ts';
import type { ColumnKind } from '../table/infer.ts';
import type { Missing } from '../table/plan.ts';
import { previousFile } from './checkpoints.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import type { NamedFile } from './distinctFiles.ts';
import type { DomainRequest } from './domains.ts';
import type { ImageOptions } from './images/imageOptions.ts';
import type { CheckpointFile, ModelFile } from './modelInput.ts';
import { requireOneStandardInput } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';
import { NO_VALIDATION } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';

export interface TrainOptions extends TableOptions, ImageOptions {
  toy?: ToyName;
  noise?: number;
  columns?: string[];
  context?: string[];
  val?: string;
  /** The column of the rows' weights. */
  weights?: string;
  patience?: number;
  reportEvery?: number;
  newData?: boolean;
  preset?: PresetName | ImagePresetName;
  couplings?: number;
  hidden?: number[];
  residualBlocks?: number;
  domain?: DomainRequest[];
  types?: Map<string, ColumnKind>;
  missing?: Missing;
  base?: BaseSpec;
  /** Options from the table of training settings. */
  settings?: Partial<TrainingSettings>;
  out?: string;
  checkpoint?: string;
  /** Seconds between two checkpoints. */
  checkpointEvery?: number;
  resume?: string;
  /** A model to start from. */
  from?: string;
  report?: string;
  /** A file for the events of the run. */
  log?: string;
  /** Whether to print the plan and train nothing. */
  dryRun?: boolean;
}

export const DEFAULT_MODEL_FILE = 'model.safetensors';

/** The files that `--report` writes into its folder, for a table and for images. */
export const REPORT_FILES = [DEFAULT_MODEL_FILE, 'samples.csv', 'report.html'];
export const IMAGE_REPORT_FILES = [DEFAULT_MODEL_FILE, 'samples.png', 'report.html'];

/** The single context column of a toy density. */
export const TOY_CONTEXT = 'class';

/** @throws {ShapeError} naming the first option that conflicts with another */
export function checkTrainOptions(dataFile: string | undefined, options: TrainOptions): void {
  const { toy, noise, columns, context, val, patience, newData, checkpoint, out, report, resume } = options;
  const { preset, couplings, hidden, residualBlocks, domain, log } = options;
  if (dataFile === undefined && toy === undefined) {
    throw new ShapeError(
      'train',
      'neither a data file nor --toy',
      'one of them',
      'Try: wgflow train --toy moons, or: wgflow train data.csv.',
    );
  }
  if (dataFile !== undefined && toy !== undefined) {
    throw new ShapeError(
      'train',
      `both the data file ${dataFile} and --toy ${toy}`,
      'one of them',
      'Leave one out.',
    );
  }
  if (toy !== undefined) {
    refuse('--columns', columns?.join(','), '--toy', 'Its columns are x1, x2 and so on.');
    refuse('--weights', options.weights, '--toy', 'Its points all count alike.');
    refuse('--domain', domain?.map((one) => one.domain).join(','), '--toy', 'Its columns are not bounded.');
    if (context !== undefined && context.join() !== TOY_CONTEXT) {
      throw new ShapeError(
        '--context',
        `${context.join(',')} with --toy ${toy}`,
        TOY_CONTEXT,
        'A toy density has one context column: class.',
      );
    }
    refuse(
      '--val',
      val,
      '--toy',
      'Its points are fresh at every step, and the test NLL is printed at the end.',
    );
  } else {
    refuse('--noise', noise, 'a data file', 'It is the noise of a toy density.');
  }
  if (toy !== undefined || val === NO_VALIDATION) {
    const beside = toy === undefined ? `--val ${NO_VALIDATION}` : '--toy';
    refuse('--patience', patience, beside, 'Patience counts scores of held-out rows, and there are none.');
    const schedule = options.settings?.schedule;
    const plateau = schedule?.kind === 'plateau' ? formatSchedule(schedule) : undefined;
    refuse(
      '--schedule',
      plateau,
      beside,
      'A plateau is one of the scores of held-out rows, and there are none.',
    );
  }
  if (resume === undefined && newData === true) {
    throw new ShapeError('train', '--new-data without --resume', 'both', 'A new run takes any rows.');
  }
  const { from, checkpointEvery } = options;
  if (checkpoint === undefined) {
    refuse('--checkpoint-every', checkpointEvery, 'no --checkpoint', 'Name the file with --checkpoint.');
  }
  if (resume !== undefined) {
    refuse('--from', from, '--resume', 'A checkpoint continues, a model is only a start.');
    refuse('--seed', options.settings?.seed, '--resume', 'The seed comes from the checkpoint.');
  }
  for (const [option, file, advice] of [
    ['--resume', resume, 'The model comes from the checkpoint.'],
    ['--from', from, 'It comes from the model to start from.'],
  ] as const) {
    if (file === undefined) continue;
    refuse('--preset', preset, option, advice);
    refuse('--couplings', couplings, option, advice);
    refuse('--hidden', hidden?.join(','), option, advice);
    refuse('--residual-blocks', residualBlocks, option, advice);
    refuse('--domain', domain?.map((one) => one.domain).join(','), option, advice);
    refuse('--base', options.base?.type, option, advice);
    refuse('--context', context?.join(','), option, advice);
    refuse('--levels', options.levels, option, advice);
    refuse('--depth', options.depth, option, advice);
    refuse('--width', options.width, option, advice);
  }
  if (residualBlocks !== undefined && hidden !== undefined && hidden.length > 1) {
    throw new ShapeError(
      '--hidden',
      `${hidden.join(',')} with --residual-blocks ${residualBlocks}`,
      'one width',
      'All layers of a residual net have the same width.',
    );
  }
  if (options.base !== undefined && baseOf(options.base).readsContext === true && context === undefined) {
    throw new ShapeError(
      'train',
      '--base class without --context',
      'both',
      'The mean of each class comes from the context.',
    );
  }
  const models: NamedFile[] = [['--out', out], ...reportFiles(report)];
  const held = val !== NO_VALIDATION && Number.isNaN(Number(val)) ? val : undefined;
  requireOneStandardInput('train', [dataFile, held]);
  if (log === '-') {
    throw new ShapeError(
      '--log',
      '- (standard output)',
      'a file',
      'For events on standard output, give --json.',
    );
  }
  requireDistinctFiles(
    'train',
    [
      ...models,
      ['--checkpoint', checkpoint],
      ['--checkpoint', checkpoint && previousFile(checkpoint)],
      ['--log', log],
    ],
    [
      ['the data', dataFile],
      ['--val', held],
    ],
  );
  // The checkpoint of a resumed run may overwrite the one that it resumed from.
  requireDistinctFiles('train', [...models, ['--log', log]], [['--resume', resume]]);
  requireDistinctFiles(
    'train',
    [...models, ['--checkpoint', checkpoint], ['--log', log]],
    [['--from', from]],
  );
}

function reportFiles(folder: string | undefined): NamedFile[] {
  if (folder === undefined) return [];
  return [...new Set([...REPORT_FILES, ...IMAGE_REPORT_FILES])].map((name) => [
    '--report',
    path.join(folder, name),
  ]);
}

/** @throws {ShapeError} naming the first option for nets, if the flow has no nets */
export function requireNets({ bijectors }: FlowSpec, { hidden, residualBlocks }: TrainOptions): void {
  if (bijectors.some((bijector) => 'conditioner' in bijector)) return;
  const advice =
    'A single column is learned by splines without a net. Leave the option out, or give --context.';
  for (const [option, value] of [
    ['--hidden', hidden?.join(',')],
    ['--residual-blocks', residualBlocks],
  ] as const) {
    if (value === undefined) continue;
    throw new ShapeError('train', `${option} ${value} with a single column`, 'no nets to shape', advice);
  }
}

function refuse(option: string, value: string | number | undefined, beside: string, advice: string): void {
  if (value === undefined) return;
  throw new ShapeError('train', `${option} ${value} with ${beside}`, 'one of them', advice);
}

interface FitFrame {
  resumed: CheckpointFile | undefined;
  /** The model that training starts from; by default the resumed one. */
  start?: ModelFile | undefined;
  /** Steps of a run without `--steps`. */
  usualSteps: number;
  signal: AbortSignal;
}

/**
 * The options of `Flow.fit`. A resumed run keeps the checkpoint's settings unless an option overrides them.
 * @throws {ShapeError} when the checkpoint has more steps already
 */
export function fitOptionsOf(
  set: TrainingSet,
  options: TrainOptions,
  { resumed, start = resumed, usualSteps, signal }: FitFrame,
): FitOptions & { steps: number } {
  const { steps } = options.settings ?? {};
  return {
    ...options.settings,
    steps: resumed === undefined ? (steps ?? usualSteps) : stepsAfter(resumed, steps),
    seed: seedOf(options, resumed),
    columns: set.columns,
    ...(set.widths && { widths: set.widths }),
    ...(set.codec && { table: set.codec.columns }),
    ...(set.context === undefined ? {} : { context: set.context.data, contextColumns: set.context.columns }),
    ...(start === undefined ? {} : { preset: start.model.training?.preset }),
    ...(set.weights === undefined ? {} : { weights: set.weights.data }),
    resume: resumed !== undefined,
    newData: options.newData,
    ...(options.reportEvery === undefined ? {} : { reportEvery: options.reportEvery }),
    signal,
    validation: validationOf(set, options.patience),
  };
}

function validationOf(
  { toy, validation, validationWidths, heldOut, context, weights }: TrainingSet,
  patience?: number,
): FitOptions['validation'] {
  if (validation !== undefined) {
    return {
      data: validation,
      context: context?.validation,
      widths: validationWidths,
      weights: weights?.validation,
      patience,
    };
  }
  if (heldOut !== undefined && heldOut.rows > 0) return { fraction: heldOut.fraction, patience };
  return toy === undefined ? false : undefined;
}

/**
 * Checks that the data match the checkpoint, which stores only a toy density and its noise; tables are
 * compared by their columns.
 * @throws {ShapeError} when the checkpoint was trained on another density, or on a table
 */
export function requireSameData(
  dataFile: string | undefined,
  { toy, noise }: TrainOptions,
  { file, model }: CheckpointFile,
): void {
  const { dataset } = model.training;
  const advice = 'Resume with the data that the checkpoint was trained on.';
  if (toy !== dataset) {
    throw new ShapeError(
      'the data to resume with',
      toy === undefined ? `the file ${dataFile}` : `--toy ${toy}`,
      `${dataset === undefined ? 'a data file' : `--toy ${dataset}`}, as in ${file}`,
      advice,
    );
  }
  const known = noiseIn(model.training);
  if (noise !== undefined && known !== undefined && noise !== known) {
    throw new ShapeError('--noise', String(noise), `${known}, as in ${file}`, advice);
  }
}

/** Standard deviation of a toy density's noise; undefined for the density's default. */
export function noiseOf({ noise }: TrainOptions, resumed: CheckpointFile | undefined): number | undefined {
  return noise ?? (resumed && noiseIn(resumed.model.training));
}

function noiseIn({ options }: TrainingRecord): number | undefined {
  const noise = options?.['noise'];
  return typeof noise === 'number' ? noise : undefined;
}

/** The seed also decides which rows are held out, so a resumed run keeps its seed. */
export function seedOf({ settings }: TrainOptions, resumed: CheckpointFile | undefined): number {
  return settings?.seed ?? resumed?.model.training.seed ?? FIT_DEFAULTS.seed;
}

function stepsAfter({ file, model }: CheckpointFile, asked: number | undefined): number {
  const { step, settings } = model.optimizer;
  const stored = settings['steps'];
  const steps = asked ?? (typeof stored === 'number' ? stored : FIT_DEFAULTS.steps);
  if (steps < step) {
    throw new ShapeError(
      '--steps',
      `${steps}${asked === undefined ? ', as the checkpoint says' : ''}`,
      `at least the ${step} that ${file} has done`,
      'Steps count from the start of the first run.',
    );
  }
  return steps;
}
