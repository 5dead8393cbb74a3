/** How the command line chooses kernels, and how it reports the choices. */
import { variantsText } from '../passes/purpose.ts';
import type { Precision } from '../plan/precision.ts';
import type { TuningMode, TuningOptions, TuningReport } from '../flow/tuningOptions.ts';
import { TuningFile, tuningFilePath } from './tuningFile.ts';

/** Options of a flow that reports its choices on stderr and as events. */
export function tuningOptions(
  session: {
    say: (line: string) => void;
    emit: (event: { event: string } & Record<string, unknown>) => void;
  },
  tuning: TuningMode | undefined,
  precision?: Precision,
): TuningOptions {
  return {
    tuning,
    precision,
    tuningCache: new TuningFile(tuningFilePath(), (line) => session.say(line)),
    onTuning: (report) => {
      session.say(tuningLine(report));
      session.emit({ event: 'tuning', ...report });
    },
  };
}

/** `Kernels of the gradient pass, 512 rows: fused, lanes 8, segment 32; measured: …` */
export function tuningLine(report: TuningReport): string {
  const { pass, rows, variants } = report;
  const purpose = `${pass} pass, ${rows.toLocaleString('en')} rows`;
  return `Kernels of the ${purpose}: ${variantsText(variants)}; ${reasonOf(report)}`;
}

function reasonOf({ source, variants, candidates = [], searchMs = 0 }: TuningReport): string {
  switch (source) {
    case 'fixed':
      return 'from the fixed table';
    case 'only':
      return 'nothing to choose from';
    case 'cache':
      return 'as measured before';
    case 'checkpoint':
      return 'as in the checkpoint';
    case 'untimed':
      return `the fixed table's, because no other was ready after ${seconds(searchMs)}`;
    case 'measured': {
      const chosen = candidates.find((candidate) => candidate.variants === variants);
      const [fixed] = candidates;
      const timed = candidates.filter(({ ms }) => ms !== undefined).length;
      const gain = fixed === chosen ? '' : `; the fixed table's takes ${milliseconds(fixed?.ms)}`;
      return `the best of ${timed} by ${milliseconds(chosen?.ms)}${gain} (measured in ${seconds(searchMs)})`;
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function milliseconds(ms = NaN): string {
  return `${ms.toPrecision(3)} ms`;
}
