/** fit(): training on the GPU, with many steps per submit, reported while the next ones run. */
import type { FitOptions, TrainingData } from './options.ts';
import type { FitReport } from './report.ts';
import { TrainingRun } from './run.ts';
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
    while (run.isBeforeEnd) {
      run.submit();
      while (run.hasReport) yield await run.report();
      if (run.isOutOfPatience) return;
    }
  } finally {
    await run.end();
  }
}
