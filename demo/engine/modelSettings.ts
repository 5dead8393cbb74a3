/** The visitor's settings as the library's spec and options, and back. */
import { parseSchedule, PRESETS, ShapeError } from '../../src/index.ts';
import type {
  BijectorSpec,
  Domain,
  FitOptions,
  FlowSpec,
  PresetName,
  ScaleMap,
  TrainingRecord,
} from '../../src/index.ts';
import { formatSchedule } from '../../src/model/schedule.ts';
import { BASE_NAMES, baseNameOf, BASES } from '../bases.ts';
import type { ModelSettings } from '../protocol.ts';

/** How far a bounded scale goes, as in the presets. */
const TANH_BOUND = 3;

/** What a spec depends on of the data beyond their columns. */
export interface DataTraits {
  domain?: Domain;
  /** Number of the classes that are told apart. */
  classes?: number;
}

/**
 * @param dim number of columns
 * @throws {ShapeError} where a setting is out of range; the library checks the rest
 */
export function specOf(
  settings: ModelSettings,
  dim: number,
  { domain = 'real', classes = 0 }: DataTraits = {},
): FlowSpec {
  const { preset, couplings, hidden, residualBlocks, scale, base } = settings;
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new ShapeError('preset', `"${preset}"`, `one of ${Object.keys(PRESETS).join(', ')}`);
  }
  if (!Number.isSafeInteger(couplings) || couplings < 1) {
    throw new ShapeError('couplings', String(couplings), 'an integer ≥ 1');
  }
  const nets = residualBlocks === 0 ? { hidden } : { hidden, residualBlocks };
  const spec = PRESETS[preset].spec(dim, { couplings, ...nets, domain, contextDim: classes });
  const withScale = (bijector: BijectorSpec): BijectorSpec =>
    bijector.type === 'affine_coupling' && bijector.scale.map !== scale
      ? { ...bijector, scale: scaleOf(scale) }
      : bijector;
  if (!Object.hasOwn(BASES, base)) {
    throw new ShapeError('base', `"${base}"`, `one of ${BASE_NAMES.join(', ')}`);
  }
  return { ...spec, base: BASES[base], bijectors: spec.bijectors.map(withScale) };
}

function scaleOf(map: ScaleMap['map']): ScaleMap {
  return map === 'tanh' ? { map, bound: TANH_BOUND } : { map };
}

/** @throws {ShapeError} for an unknown schedule */
export function fitOptionsOf(settings: ModelSettings, columns: readonly string[]): FitOptions {
  const { steps, batch, learningRate, schedule, seed, preset } = settings;
  const { clipNorm } = PRESETS[preset].training;
  return { steps, batch, learningRate, schedule: parseSchedule(schedule), seed, clipNorm, columns, preset };
}

/** Steps of a run of a file that does not say them. */
const DEFAULT_STEPS = 3000;

/**
 * The settings that make such a model, as far as its file says them; undefined where no preset makes its spec. The
 * domains of its columns and its classes are a matter of the data.
 * `spec` is what the file has, whatever its record claims.
 */
export function settingsOf(spec: FlowSpec, record: TrainingRecord | undefined): ModelSettings | undefined {
  const couplings = spec.bijectors.filter((bijector) => 'conditioner' in bijector);
  const [first] = couplings;
  const base = baseNameOf(spec.base);
  if (first === undefined || base === undefined) return undefined;
  const { hidden, residualBlocks = 0 } = first.conditioner;
  const learned = spec.bijectors.filter(({ type }) => type !== 'domain');
  const scale = first.type === 'affine_coupling' ? first.scale.map : 'tanh';
  const names = Object.keys(PRESETS) as PresetName[];
  const preset = names.find((name) => {
    const size = { couplings: couplings.length, hidden, residualBlocks, scale };
    const made = specOf({ ...placeholder(name), ...size }, spec.dim);
    return JSON.stringify(made.bijectors) === JSON.stringify(learned);
  });
  if (preset === undefined) return undefined;
  const { learningRate, schedule } = PRESETS[preset].training;
  const options = record?.options ?? {};
  const number = (name: string, otherwise: number): number =>
    typeof options[name] === 'number' ? options[name] : otherwise;
  return {
    ...placeholder(preset),
    couplings: couplings.length,
    hidden: [...hidden],
    residualBlocks,
    scale,
    base,
    batch: number('batch', 512),
    learningRate: number('learningRate', learningRate),
    schedule: typeof options['schedule'] === 'string' ? options['schedule'] : formatSchedule(schedule),
    steps: Math.max(record?.steps ?? DEFAULT_STEPS, 1),
    seed: record?.seed ?? 1,
  };
}

/** A preset with its own training, and a size that the caller replaces. */
export function placeholder(preset: PresetName): ModelSettings {
  const { spec, training } = PRESETS[preset];
  const { learningRate, schedule } = training;
  return {
    preset,
    couplings: 1,
    hidden: [32],
    residualBlocks: 0,
    scale: preset === 'vanilla' ? 'exp' : 'tanh',
    base: baseNameOf(spec(2).base) ?? 'normal',
    batch: 512,
    learningRate,
    schedule: formatSchedule(schedule),
    steps: DEFAULT_STEPS,
    seed: 1,
  };
}
