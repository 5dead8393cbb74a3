/** `wgflow train`. */
import { ShapeError } from '../errors.ts';
import { Flow } from '../flow.ts';
import { PRESETS } from '../flows/index.ts';
import type { PresetName } from '../flows/index.ts';
import { encodeModel } from '../io/modelFile.ts';
import type { Model } from '../io/modelFile.ts';
import type { ToyDensity } from '../data/toy.ts';
import { STREAMS } from '../random.ts';
import type { Schedule } from '../schedule.ts';
import type { FitOptions, FitReport } from '../trainer.ts';
import { readModel } from './modelInput.ts';
import { openOutput, openOutputFolder } from './outputFile.ts';
import { trainingProgress } from './progress.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';
import { readTrainingSet } from './trainingSet.ts';
import type { TrainingSet, TrainingSetOptions } from './trainingSet.ts';
import { reportFiles } from './trainReport.ts';

export interface TrainOptions extends TrainingSetOptions {
  preset: PresetName;
  couplings?: number;
  hidden?: number[];
  steps?: number;
  batch?: number;
  lr?: number;
  schedule?: Schedule;
  clip?: number;
  patience?: number;
  out?: string;
  checkpoint?: string;
  resume?: string;
  report?: string;
}

/** How a run went, for the summary and the report. */
export interface TrainingOutcome {
  steps: number;
  losses: { step: number[]; nll: number[] };
  trainNll: number;
  valNll?: number;
  testNll?: number;
  /** The exact entropy of a toy density: no model's NLL is lower. */
  floor?: number;
  msPerStep: number;
  samplesPerSecond: number;
  adapter: string;
}

/** Fresh points on which the final NLL of a toy set is taken; its standard error is about 0.003 nats. */
const TEST_POINTS = 131_072;

const CHECKPOINT_MS = 60_000;
const DEFAULT_STEPS = 3000;
const DEFAULT_BATCH = 512;
const DEFAULT_MODEL_FILE = 'model.safetensors';

export async function trainCommand(
  session: Session,
  dataFile: string | undefined,
  options: TrainOptions,
): Promise<void> {
  const set = await readTrainingSet(dataFile, options);
  const resumed = options.resume === undefined ? undefined : await readModel(options.resume);
  const fitOptions = fitOptionsOf(session, set, options, resumed);
  const modelFile = options.out ?? (options.report === undefined ? DEFAULT_MODEL_FILE : undefined);
  const output = modelFile === undefined ? undefined : await openOutput(modelFile);
  const folder =
    options.report === undefined ? undefined : await openOutputFolder(options.report, REPORT_FILES);
  try {
    const { device, report: adapter } = await session.open();
    using flow = await startingFlow(device, set, options, resumed);
    const history = await train(session, flow, set, fitOptions, options);
    const testNll = set.toy === undefined ? undefined : await toyTestNll(flow, set.toy, fitOptions.seed ?? 0);
    const outcome: TrainingOutcome = {
      ...history,
      ...(testNll === undefined ? {} : { testNll, floor: set.toy?.entropy }),
      adapter: adapterName(adapter),
    };
    const bytes = await flow.save();
    await output?.write(bytes);
    if (folder !== undefined) {
      const files = await reportFiles(flow, set, outcome, options);
      for (const [name, content] of Object.entries({ [DEFAULT_MODEL_FILE]: bytes, ...files })) {
        await folder.write(name, content);
      }
    }
    await output?.commit();
    await folder?.commit();
    summarise(session, outcome, [modelFile, options.report]);
  } finally {
    await output?.discard();
    await folder?.discard();
  }
}

const REPORT_FILES = [DEFAULT_MODEL_FILE, 'samples.csv', 'report.html'];

function fitOptionsOf(
  session: Session,
  set: TrainingSet,
  options: TrainOptions,
  resumed: Model | undefined,
): FitOptions {
  const { patience, batch, seed } = options;
  if (patience !== undefined && set.validation === undefined) {
    throw new ShapeError(
      '--patience',
      String(patience),
      '--val with it',
      'Patience counts validation scores.',
    );
  }
  // A resumed run keeps the checkpoint's settings where nothing else is asked for.
  const preset = resumed === undefined ? PRESETS[options.preset].training : undefined;
  const storedSteps = resumed?.optimizer?.settings['steps'];
  return {
    steps: options.steps ?? (typeof storedSteps === 'number' ? storedSteps : DEFAULT_STEPS),
    batch,
    learningRate: options.lr ?? preset?.learningRate,
    schedule: options.schedule ?? preset?.schedule,
    clipNorm: options.clip ?? preset?.clipNorm,
    seed,
    columns: set.columns,
    preset: resumed === undefined ? options.preset : resumed.training?.preset,
    resume: resumed !== undefined,
    signal: session.signal,
    ...(set.validation === undefined ? {} : { validation: { data: set.validation, patience } }),
  };
}

async function startingFlow(
  device: GPUDevice,
  set: TrainingSet,
  options: TrainOptions,
  resumed: Model | undefined,
): Promise<Flow> {
  const dim = set.columns.length;
  if (resumed === undefined) {
    return Flow.create(PRESETS[options.preset].spec(dim, options), { device, seed: options.seed });
  }
  if (resumed.spec.dim !== dim) {
    throw new ShapeError(`the data's columns`, `${dim}`, `${resumed.spec.dim}, as in ${options.resume}`);
  }
  return Flow.load(encodeModel(resumed), { device, fileName: options.resume });
}

type TrainingHistory = Omit<TrainingOutcome, 'testNll' | 'floor' | 'adapter'>;

async function train(
  session: Session,
  flow: Flow,
  set: TrainingSet,
  fitOptions: FitOptions,
  { checkpoint }: TrainOptions,
): Promise<TrainingHistory> {
  const losses: TrainingHistory['losses'] = { step: [], nll: [] };
  let trainingMs = 0;
  let last: FitReport | undefined;
  let checkpointAt = performance.now() + CHECKPOINT_MS;
  const progress = trainingProgress(session, fitOptions.steps);
  try {
    for await (const report of flow.fit(set.data, fitOptions)) {
      last = report;
      trainingMs += report.msPerStep * report.losses.length;
      report.losses.forEach((nll, index) => {
        losses.step.push(report.step - report.losses.length + index + 1);
        losses.nll.push(nll);
      });
      progress.update(report);
      const { losses: _, ...event } = report;
      session.emit({ event: 'step', ...event });
      if (checkpoint !== undefined && performance.now() > checkpointAt) {
        await writeCheckpoint(flow, checkpoint);
        checkpointAt = performance.now() + CHECKPOINT_MS;
      }
    }
  } finally {
    progress.stop();
    // An interrupted run is exactly when the checkpoint is wanted.
    if (checkpoint !== undefined) {
      await writeCheckpoint(flow, checkpoint);
      session.say(`Checkpoint in ${checkpoint}; go on from it with --resume ${checkpoint}`);
    }
  }
  const msPerStep = trainingMs / losses.nll.length;
  const recent = losses.nll.slice(-RECENT_STEPS);
  return {
    steps: last?.step ?? 0,
    losses,
    trainNll: recent.reduce((sum, nll) => sum + nll, 0) / recent.length,
    ...(last?.bestValidationNll === undefined ? {} : { valNll: last.bestValidationNll }),
    msPerStep,
    samplesPerSecond: (1000 * (fitOptions.batch ?? DEFAULT_BATCH)) / msPerStep,
  };
}

/** Steps over whose batches the reported training NLL is the mean. */
const RECENT_STEPS = 50;

async function writeCheckpoint(flow: Flow, file: string): Promise<void> {
  const output = await openOutput(file);
  try {
    await output.write(await flow.save({ checkpoint: true }));
    await output.commit();
  } finally {
    await output.discard();
  }
}

async function toyTestNll(flow: Flow, toy: ToyDensity, seed: number): Promise<number> {
  const logProb = await flow.logProb(toy.sample(seed, STREAMS.toyTest, 0, TEST_POINTS));
  return -logProb.reduce((sum, value) => sum + value, 0) / TEST_POINTS;
}

function summarise(session: Session, outcome: TrainingOutcome, written: (string | undefined)[]): void {
  const { losses: _, ...event } = outcome;
  const { testNll, floor, valNll, trainNll } = outcome;
  if (testNll !== undefined && floor !== undefined) {
    session.say(
      `Test NLL ${testNll.toFixed(4)} nats; the exact entropy, the best any model can do, is ${floor.toFixed(4)} ` +
        `(${(testNll - floor).toFixed(4)} above it)`,
    );
  } else if (valNll !== undefined) {
    session.say(`Validation NLL ${valNll.toFixed(4)} nats (best), training NLL ${trainNll.toFixed(4)}`);
  } else {
    session.say(`Training NLL ${trainNll.toFixed(4)} nats, over the last ${RECENT_STEPS} steps`);
  }
  const files = written.filter((name) => name !== undefined);
  session.say(`Wrote ${files.join(' and ')}`);
  session.emit({ event: 'done', ...event, files });
}
