/** The checkpoints of `wgflow train`: written every so often, and the one before is kept. */
import path from 'node:path';
import { OutputError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import type { FitReport } from '../training/report.ts';
import { openOutput } from './outputFile.ts';
import type { Session } from './session.ts';

/** Time between two checkpoints, s. */
export const DEFAULT_CHECKPOINT_SECONDS = 30;

export interface Checkpoints {
  /** Writes a checkpoint if one is due: at the first validation score, and every so often. */
  keepNowAndThen(flow: Flow, report: FitReport): Promise<void>;
  /** Writes a checkpoint now. @throws {DataError | OutputError} when it cannot be written */
  keep(flow: Flow): Promise<void>;
  /** Writes the checkpoint of a run that was interrupted or failed, and says how to go on. */
  keepAtEnd(flow: Flow): Promise<void>;
}

/** @param before the checkpoint of that name from which the run was resumed */
export function checkpointsIn(
  session: Session,
  file: string,
  everySeconds: number,
  before?: Uint8Array,
): Checkpoints {
  // Not read from the disk, where it may be damaged by now.
  let last = before;
  let dueAt = performance.now() + 1000 * everySeconds;
  let hasScore = false;

  async function keep(flow: Flow): Promise<void> {
    const bytes = await flow.save({ checkpoint: true });
    if (last !== undefined) await write(previousFile(file), last);
    await write(file, bytes);
    last = bytes;
    dueAt = performance.now() + 1000 * everySeconds;
    session.emit({ event: 'checkpoint', file });
  }

  return {
    keep,
    keepAtEnd: async (flow) => {
      try {
        await keep(flow);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        session.say(`Warning: the checkpoint could not be written: ${reason}`);
        return;
      }
      session.say(`Checkpoint of step ${flow.training?.steps} in ${file}; continue with --resume ${file}`);
    },
    keepNowAndThen: async (flow, { validationNll }) => {
      const isFirstScore = !hasScore && validationNll !== undefined;
      hasScore ||= isFirstScore;
      if (!isFirstScore && performance.now() < dueAt) return;
      try {
        await keep(flow);
      } catch (error) {
        // The next one may succeed.
        if (!(error instanceof OutputError)) throw error;
        dueAt = performance.now() + 1000 * everySeconds;
        session.say(
          `Warning: ${file}: ${error.problem}. Training continues, and tries again in ${everySeconds} s.`,
        );
      }
    },
  };
}

/** The name of the checkpoint before: `run.ckpt` as `run-previous.ckpt`. */
export function previousFile(file: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-previous${ext}`);
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  const output = await openOutput(file);
  try {
    await output.write(bytes);
    await output.commit();
  } finally {
    await output.discard();
  }
}
