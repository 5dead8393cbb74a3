/** `wgflow train`. */
import path from 'node:path';
import type { Rows } from '../callerArrays.ts';
import { isToy } from '../fitOptions.ts';
import { Flow } from '../flow.ts';
import { PRESETS } from '../flows/index.ts';
import type { ToyDensity } from '../data/toy.ts';
import { domainsOf } from '../domain.ts';
import { ShapeError } from '../errors.ts';
import { contextFeatures } from '../context.ts';
import type { ContextColumn } from '../context.ts';
import { limitsFor } from '../modelLimits.ts';
import type { Precision } from '../precision.ts';
import { STREAMS } from '../random.ts';
import { validateSpec } from '../specRules.ts';
import type { Domain } from '../spec.ts';
import { meanNll } from '../trainer.ts';
import { asCommaList, listedNames } from './commaList.ts';
import { columnNamesOf, contextColumns } from './contextInput.ts';
import { domainsOfColumns } from './domains.ts';
import { readCheckpoint } from './modelInput.ts';
import type { CheckpointFile } from './modelInput.ts';
import { openOutput, openOutputFolder } from './outputFile.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';
import { RECENT_STEPS, train } from './trainingLoop.ts';
import type { TrainingHistory } from './trainingLoop.ts';
import {
  checkTrainOptions,
  DEFAULT_MODEL_FILE,
  DEFAULT_PRESET,
  fitOptionsOf,
  noiseOf,
  REPORT_FILES,
  requireNets,
  requireSameData,
  seedOf,
} from './trainOptions.ts';
import type { TrainOptions } from './trainOptions.ts';
import { readTrainingSet } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';

/** How a run ended, for the summary and the report. */
export interface TrainingOutcome extends TrainingHistory {
  testNll?: number;
  /** The exact entropy of a toy density: no model's NLL is lower. */
  floor?: number;
  /** The context columns of a conditional flow. */
  context?: string[];
  adapter: string;
}

/** Fresh points on which the final NLL of a toy set is taken; its standard error is about 0.003 nats. */
const TEST_POINTS = 131_072;

export async function trainCommand(
  session: Session,
  dataFile: string | undefined,
  options: TrainOptions,
): Promise<void> {
  const modelFile = options.out ?? (options.report === undefined ? DEFAULT_MODEL_FILE : undefined);
  const { signal } = session;
  checkTrainOptions(dataFile, { ...options, out: modelFile });
  session.requireFile('--out', modelFile);
  const resumed = options.resume === undefined ? undefined : await readCheckpoint(options.resume);
  if (resumed !== undefined) requireSameData(dataFile, options, resumed);
  const seed = seedOf(options, resumed);
  const domainsFor = (columns: readonly string[]): readonly Domain[] | undefined =>
    resumed === undefined ? domainsOfColumns(options.domain, columns) : domainsOf(resumed.model.spec);
  const set = await readTrainingSet(dataFile, {
    ...options,
    noise: noiseOf(options, resumed),
    seed,
    modelColumns: resumed?.model.training.columns,
    modelContext: resumed && contextOfRun(resumed),
    domainsFor,
    signal,
  });
  requireSameColumns(set.columns, options, resumed);
  tellRows(session, set);
  const fitOptions = fitOptionsOf(set, options, resumed, signal);
  const spec =
    resumed?.model.spec ??
    PRESETS[options.preset ?? DEFAULT_PRESET].spec(set.columns.length, {
      couplings: options.couplings,
      hidden: options.hidden,
      residualBlocks: options.residualBlocks,
      base: options.base,
      contextDim: contextFeatures(set.context?.columns ?? []),
      domain: domainsFor(set.columns),
    });

  validateSpec(spec);
  requireNets(spec, options);

  const output = modelFile === undefined ? undefined : await openOutput(modelFile);
  const folder =
    options.report === undefined ? undefined : await openOutputFolder(options.report, REPORT_FILES);
  try {
    if (options.checkpoint !== undefined) await (await openOutput(options.checkpoint)).discard();
    const { device, report: adapter } = await session.open(limitsFor(spec));
    using flow =
      resumed === undefined
        ? await Flow.create(spec, { ...session.tuning, device, seed })
        : await Flow.load(resumed.bytes, {
            ...session.tuning,
            precision: session.tuning.precision ?? precisionOf(resumed),
            device,
            fileName: resumed.file,
          });
    const history = await train(session, flow, set, fitOptions, options.checkpoint);
    if (set.validation !== undefined && history.valNll === undefined) {
      session.say('Warning: no validation score was finite: the model gives some of those rows no density.');
    }
    const outcome: TrainingOutcome = {
      ...history,
      ...(set.toy === undefined
        ? {}
        : {
            testNll: await toyTestNll(flow, set.toy, { seed, signal }),
            floor: set.context === undefined ? set.toy.entropy : set.toy.classEntropy,
          }),
      ...(set.context === undefined ? {} : { context: columnNamesOf(set.context.columns) }),
      adapter: adapterName(adapter),
    };
    const bytes = await flow.save();
    await output?.write(bytes);
    if (folder !== undefined) {
      // The charts' packages take a while to load.
      const { reportFiles } = await import('./trainReport.ts');
      const files = await reportFiles(flow, set, outcome, { seed, signal });
      for (const [name, content] of Object.entries({ [DEFAULT_MODEL_FILE]: bytes, ...files })) {
        await folder.write(name, content);
      }
    }
    signal.throwIfAborted();
    await output?.commit();
    await folder?.commit();
    if (outcome.steps < fitOptions.steps) {
      session.say(`Stopped after step ${outcome.steps}: ${options.patience} scores without a better one`);
    }
    summarise(session, outcome, { modelFile, ...options });
  } finally {
    await output?.discard();
    await folder?.discard();
  }
}

/** A run goes on at the precision at which it began, unless it is told another. */
function precisionOf({ model }: CheckpointFile): Precision {
  return model.optimizer.variants?.['precision'] === 'f16' ? 'f16' : 'f32';
}

/** @throws {ShapeError} when the rows to resume with are of other columns, or in another order, than before */
function requireSameColumns(
  columns: readonly string[],
  { columns: asked }: TrainOptions,
  resumed: CheckpointFile | undefined,
): void {
  if (resumed === undefined) return;
  const { spec, training } = resumed.model;
  const known = training.columns ?? [];
  const isOther = asked !== undefined && known.length > 0 && asCommaList(asked) !== asCommaList(known);
  if (spec.dim === columns.length && !isOther) return;
  const names = known.length > 0 ? ` (${listedNames(known)})` : '';
  throw new ShapeError(
    'the columns to learn',
    `${columns.length} (${listedNames(columns)})`,
    `${spec.dim}${names}, as in ${resumed.file}`,
    'Resume with the data that the checkpoint was trained on.',
  );
}

function tellRows(session: Session, { title, columns, data, validation }: TrainingSet): void {
  if (isToy(data)) return;
  const rows = (values: Rows): string => (values.length / columns.length).toLocaleString('en');
  const held = validation === undefined ? '' : `; ${rows(validation)} for validation`;
  session.say(`Learning ${listedNames(columns)} from ${rows(data)} rows of ${title}${held}`);
}

/** The context columns that the resumed run learns by; undefined where it has none. */
function contextOfRun(resumed: CheckpointFile): readonly ContextColumn[] | undefined {
  const columns = contextColumns(resumed);
  return columns.length === 0 ? undefined : columns;
}

async function toyTestNll(
  flow: Flow,
  toy: ToyDensity,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<number> {
  const place = [seed, STREAMS.toyTest, 0, TEST_POINTS] as const;
  const context = flow.spec.contextDim === 0 ? undefined : toy.sampleClasses(...place);
  return meanNll(await flow.logProb(toy.sample(...place), { context, signal }));
}

/** More than chance makes the loss of one batch differ from another's, nats. */
const CLIMB_NATS = 1;

function summarise(
  session: Session,
  outcome: TrainingOutcome,
  { modelFile, report, checkpoint }: { modelFile?: string; report?: string; checkpoint?: string },
): void {
  const { losses, ...event } = outcome;
  const { testNll, floor, valNll, trainNll } = outcome;
  const recent = Math.min(RECENT_STEPS, losses.nll.length);
  const given = outcome.context === undefined ? '' : ` given ${outcome.context.join(', ')}`;
  if (testNll !== undefined && floor !== undefined) {
    session.say(
      `Test NLL ${testNll.toFixed(4)} nats; the exact entropy${given}, the best any model can do, is ${floor.toFixed(4)} ` +
        `(gap ${(testNll - floor).toFixed(4)})`,
    );
  } else if (valNll !== undefined) {
    session.say(`Best validation NLL ${valNll.toFixed(4)} nats; training NLL ${trainNll.toFixed(4)}`);
  } else {
    session.say(`Training NLL ${trainNll.toFixed(4)} nats, mean of the last ${recent} steps`);
  }
  const begun = losses.nll[0] ?? trainNll;
  if (trainNll > begun + CLIMB_NATS) {
    session.say(
      `Warning: the training NLL climbed from ${begun.toFixed(1)} to ${trainNll.toFixed(1)} nats, so the model is worse than ` +
        'an untrained one. Give it a lower --lr or more --steps, and look for columns that are nearly constant or far rows.',
    );
  }
  const files = [modelFile, report, checkpoint].filter((name) => name !== undefined && name !== '-');
  if (files.length > 0) session.say(`Wrote ${files.join(' and ')}`);
  if (report !== undefined) session.say(`Open ${path.join(report, 'report.html')} in a browser`);
  session.emit({ event: 'done', ...event, files });
}
