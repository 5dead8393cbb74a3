/** fit(): training on the GPU, with many steps per submit, reported while the next ones run. */
import type { FitOptions, TrainingData } from './options.ts';
import type { FitReport } from './report.ts';
import { TrainingRun } from './run.ts';
import { StepwiseRun } from './stepwise.ts';
import type { Trainee, TrainingState } from './trainee.ts';

export async function* fit(
  trainee: Trainee,
  state: TrainingState,
  data: TrainingData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const run = await TrainingRun.start(trainee, state, data, options);
  try {
    await run.begin();
    yield* run.reports();
  } finally {
    await run.end();
  }
}

/** A run that the caller steps. @param ended is called once, after its end */
export async function startRun(
  trainee: Trainee,
  state: TrainingState,
  data: TrainingData,
  options: FitOptions,
  ended: () => void,
): Promise<StepwiseRun> {
  const run = await TrainingRun.start(trainee, state, data, options);
  try {
    await run.begin();
    return new StepwiseRun(run, ended);
  } catch (error) {
    await run.end();
    throw error;
  }
}
