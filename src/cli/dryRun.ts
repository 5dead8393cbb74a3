/** `wgflow train --dry-run`: the plan of a run, its memory and an estimate of its time. */
import path from 'node:path';
import type { Flow } from '../flow/flow.ts';
import type { TuningOptions } from '../flow/tuningOptions.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { FitOptions } from '../training/options.ts';
import type { TrainingSettings } from '../training/settingTable.ts';
import { isToy } from '../training/options.ts';
import type { MemoryReport } from '../training/memory.ts';
import { storedSettings } from '../training/settings.ts';
import { paramLayout } from '../spec/layout.ts';
import { baseOf } from '../bases/index.ts';
import { listedNames } from './commaList.ts';
import { duration } from './progress.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';
import { rowCount } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';

/** Kernel choices are read from the cache, and none is kept. */
export function readOnly({ tuningCache: cache, ...tuning }: TuningOptions): TuningOptions {
  if (cache === undefined) return tuning;
  return { ...tuning, tuningCache: { get: (key) => cache.get(key), set: async () => undefined } };
}

interface Plan {
  fitOptions: FitOptions & { steps: number };
  settings: TrainingSettings;
  /** The files and the folder that the run would write. */
  files: readonly (string | undefined)[];
}

/** Prints the plan. A few steps are made to time them; the flow is of no use afterwards. */
export async function tellPlan(
  session: Session,
  flow: Flow,
  set: TrainingSet,
  { fitOptions, settings, files }: Plan,
): Promise<void> {
  const { spec } = flow;
  const isFresh = isToy(set.data);
  const heldOut = set.heldOut?.rows ?? 0;
  const rows = isFresh ? 0 : rowCount(set) - heldOut;
  const done = fitOptions.resume === true ? (flow.training?.steps ?? 0) : 0;
  const { msPerStep, measured } = await timedSteps(session, flow, set, fitOptions);
  const preset = flow.training?.preset;
  const memory = await flow.memory({ batch: settings.batch, rows });
  const steps = settings.steps - done;
  const seconds = (steps * msPerStep) / 1000;
  const validation = heldOut || (set.validation?.length ?? 0) / flow.dim;
  const stored = storedSettings(settings, 'isKept');
  const parameters = paramLayout(spec).parameterCount;
  const written = files.filter((file) => file !== undefined && file !== '-');
  session.emit({
    event: 'plan',
    preset,
    columns: set.columns,
    kinds: set.plan?.words,
    spec,
    parameters,
    rows: isFresh ? undefined : rows,
    validationRows: validation,
    settings: stored,
    memory,
    msPerStep,
    measuredSteps: measured,
    estimatedSeconds: seconds,
    files: written,
  });
  if (session.json) return;
  const endsEarly = typeof fitOptions.validation === 'object' && fitOptions.validation.patience !== Infinity;
  const count = (value: number): string => value.toLocaleString('en');
  session.print(
    `${tableText([
      ['Preset', preset ?? 'none'],
      ['Columns', listedNames(set.codec?.learned ?? set.columns)],
      [
        'Rows',
        isFresh
          ? 'fresh points at every step'
          : `${count(rows)} to learn, ${count(validation)} for validation`,
      ],
      ['Bijectors', bijectorsText(spec)],
      ['Nets', netsText(spec)],
      ['Base', baseOf(spec.base).words(spec.base)],
      ['Parameters', count(parameters)],
      [
        'Settings',
        Object.entries(stored)
          .map(([name, value]) => `${name} ${settingText(value)}`)
          .join(', '),
      ],
      ['Memory on the GPU', memoryText(memory)],
      [
        'Time (an estimate)',
        `${endsEarly ? 'at most ' : ''}${duration(seconds)}: ${count(steps)} steps of ${msPerStep.toPrecision(2)} ms, by ${count(measured)} measured ones` +
          (endsEarly ? '; the scores may end it earlier' : ''),
      ],
      ['Files', written.length === 0 ? 'none' : written.map((file) => path.normalize(file ?? '')).join(', ')],
    ])}\n`,
  );
  session.say('Nothing was trained, and nothing was written.');
}

/** Time for the steps that are measured, after the first report, which includes the compilation. */
const MEASURED_MS = 1000;

async function timedSteps(
  session: Session,
  flow: Flow,
  set: TrainingSet,
  options: FitOptions,
): Promise<{ msPerStep: number; measured: number }> {
  let [first, steps, ms] = [{ steps: 0, ms: 0 }, 0, 0];
  for await (const { losses, msPerStep, warnings = [] } of flow.fit(set.data, options)) {
    for (const message of warnings) session.notice({ kind: 'warning', message });
    const report = { steps: losses.length, ms: losses.length * msPerStep };
    if (first.steps === 0) first = report;
    else [steps, ms] = [steps + report.steps, ms + report.ms];
    if (ms >= MEASURED_MS) break;
  }
  // A run of a single report has no other measure.
  return steps > 0
    ? { msPerStep: ms / steps, measured: steps }
    : { msPerStep: first.ms / Math.max(first.steps, 1), measured: first.steps };
}

/** `standardize, 8 affine_coupling, flip`: types in the order in which they come first, with their number. */
function bijectorsText({ bijectors }: FlowSpec): string {
  const counts = new Map<string, number>();
  for (const { type } of bijectors) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, times]) => (times === 1 ? type : `${times} ${type}`)).join(', ');
}

function netsText({ bijectors }: FlowSpec): string {
  const nets = bijectors.flatMap((bijector) => ('conditioner' in bijector ? [bijector.conditioner] : []));
  const [net] = nets;
  if (net === undefined) return 'none';
  return `${nets.length}, hidden ${net.hidden.join(', ')}, ${net.activation}`;
}

function memoryText({ total, ...parts }: MemoryReport): string {
  const listed = Object.entries(parts).map(([part, bytes]) => `${part} ${bytesText(bytes)}`);
  return `${bytesText(total)}: ${listed.join(', ')}`;
}

function bytesText(bytes: number): string {
  const [size, unit] = bytes >= 2 ** 20 ? [2 ** 20, 'MiB'] : [2 ** 10, 'KiB'];
  return `${Math.ceil(bytes / size).toLocaleString('en')} ${unit}`;
}

function settingText(value: number | string | boolean): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}
