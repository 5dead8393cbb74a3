/** fit(): training on the GPU, with many steps per submit, reported while the next ones run. */
import { LastingRun } from './lastingRun.ts';
import type { FitOptions, TrainingData } from './options.ts';
import type { FitReport } from './report.ts';
import { StepwiseRun } from './stepwise.ts';
import type { Trainee, TrainingState } from './trainee.ts';

export async function* fit(
  trainee: () => Trainee,
  state: TrainingState,
  data: TrainingData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const run = await LastingRun.start(trainee, state, data, options);
  try {
    yield* run.reports();
  } finally {
    await run.end();
  }
}

/** A run that the caller steps. @param ended is called once, after its end */
export async function startRun(
  trainee: () => Trainee,
  state: TrainingState,
  data: TrainingData,
  options: FitOptions,
  ended: () => void,
): Promise<StepwiseRun> {
  return new StepwiseRun(await LastingRun.start(trainee, state, data, options), ended);
}
