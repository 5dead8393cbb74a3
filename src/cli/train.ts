/** `wgflow train`. */
import { readFile } from 'node:fs/promises';
import { readCsvTable } from '../data/csv.ts';
import { columnStatistics } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import type { ToyDensity, ToyName } from '../data/toy.ts';
import { DataError, ShapeError } from '../errors.ts';
import { Flow } from '../flow.ts';
import { PRESETS } from '../flows/index.ts';
import type { PresetName } from '../flows/index.ts';
import { decodeModel } from '../io/modelFile.ts';
import type { Model } from '../io/modelFile.ts';
import { STREAMS } from '../random.ts';
import type { Schedule } from '../schedule.ts';
import type { FitOptions, FitReport, TrainingData } from '../trainer.ts';
import { readModel } from './modelInput.ts';
import { openOutput, openOutputFolder } from './outputFile.ts';
import { trainingProgress } from './progress.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';
import { writeReport } from './trainReport.ts';

export interface TrainOptions {
  toy?: ToyName;
  noise?: number;
  preset: PresetName;
  couplings?: number;
  hidden?: number[];
  steps?: number;
  batch?: number;
  lr?: number;
  schedule?: Schedule;
  clip?: number;
  val?: string;
  patience?: number;
  columns?: string[];
  seed?: number;
  out?: string;
  checkpoint?: string;
  resume?: string;
  report?: string;
}

/** What is learned from, and what is known about it. */
export interface TrainingSet {
  data: TrainingData;
  columns: string[];
  validation?: Float32Array;
  /** The density itself, for toy sets: its entropy is the floor of any model's NLL. */
  toy?: ToyDensity;
  title: string;
}

/** Fresh points on which the final NLL of a toy set is taken; its standard error is about 0.004 nats. */
const TEST_POINTS = 65_536;

const CHECKPOINT_MS = 60_000;
const DEFAULT_STEPS = 3000;

export async function trainCommand(
  session: Session,
  dataFile: string | undefined,
  options: TrainOptions,
): Promise<void> {
  const set = await trainingSet(dataFile, options);
  const resumed = options.resume === undefined ? undefined : await readModel(options.resume);
  const spec = resumed?.spec ?? PRESETS[options.preset].spec(set.columns.length, options);
  if (spec.dim !== set.columns.length) {
    throw new ShapeError('columns', `${set.columns.length}`, `${spec.dim}, the features of ${options.resume}`);
  }
}
