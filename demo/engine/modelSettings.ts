/** Converts the visitor's settings to the library's spec and options, and back. */
import { PRESETS, ShapeError } from '../../src/index.ts';
import type {
  BijectorSpec,
  Domain,
  FitOptions,
  FlowSpec,
  PresetName,
  ScaleMap,
  TrainingRecord,
} from '../../src/index.ts';
import { domainsOf } from '../../src/page/index.ts';
import { BASE_NAMES, baseNameOf, BASES } from '../bases.ts';
import { isCouplingOf, PRESET_CHOICES, PRESET_NAMES, startOf } from '../presets.ts';
import type { ModelSettings, OfferedScale } from '../protocol.ts';
import { recordedChoices, trainingOptions } from '../trainingSettings.ts';

/** Bound of the bounded scale maps. */
const TANH_BOUND = 3;

/** Data properties that a spec depends on, next to the number of columns. */
export interface DataTraits {
  /** The domains of the columns; all are real by default. */
  domains?: readonly Domain[] | undefined;
  /** Number of classes that are split. */
  classes?: number;
}

/**
 * @param dim number of columns
 * @throws {ShapeError} if a setting is out of range; the library checks the rest
 */
export function specOf(
  settings: ModelSettings,
  dim: number,
  { domains, classes = 0 }: DataTraits = {},
): FlowSpec {
  const { preset, couplings, hidden, residualBlocks, scale, base } = settings;
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new ShapeError('preset', `"${preset}"`, `one of ${PRESET_NAMES.join(', ')}`);
  }
  if (!Number.isSafeInteger(couplings) || couplings < 1) {
    throw new ShapeError('couplings', String(couplings), 'an integer ≥ 1');
  }
  if (!Object.hasOwn(BASES, base)) {
    throw new ShapeError('base', `"${base}"`, `one of ${BASE_NAMES.join(', ')}`);
  }
  const nets = residualBlocks === 0 ? { hidden } : { hidden, residualBlocks };
  const spec = PRESETS[preset].spec(dim, {
    couplings,
    ...nets,
    ...(domains && { domain: domains }),
    contextDim: classes,
  });
  const { hasScaleMap, start } = PRESET_CHOICES[preset];
  const isScaled = (layer: BijectorSpec): boolean =>
    hasScaleMap && scale !== start.scale && isCouplingOf(preset, layer);
  const bijectors = spec.bijectors.map((layer) =>
    isScaled(layer) ? ({ ...layer, scale: scaleOf(scale) } as BijectorSpec) : layer,
  );
  return { ...spec, base: BASES[base].spec, bijectors };
}

function scaleOf(map: OfferedScale): ScaleMap {
  return map === 'tanh' ? { map, bound: TANH_BOUND } : { map };
}

/** @throws {ShapeError} for an unknown schedule */
export function fitOptionsOf(settings: ModelSettings, columns: readonly string[]): FitOptions {
  const { preset } = settings;
  const { clipNorm } = PRESETS[preset].training;
  return { ...trainingOptions(settings), clipNorm, columns, preset };
}

/**
 * The settings that produce this model; undefined if no preset produces its spec. Domains and classes come
 * with the data. The preset's starting values replace anything the record omits.
 * @param spec the file's own spec, whatever its record claims
 */
export function settingsOf(spec: FlowSpec, record: TrainingRecord | undefined): ModelSettings | undefined {
  const base = baseNameOf(spec.base);
  if (base === undefined) return undefined;
  const layers = domainsOf(spec) === undefined ? spec.bijectors : spec.bijectors.slice(1);
  for (const preset of PRESET_NAMES) {
    const settings = { ...startOf(preset), ...sizeOf(spec, preset), base };
    if (settings.couplings === 0) continue;
    const made = specOf(settings, spec.dim).bijectors;
    if (JSON.stringify(made) !== JSON.stringify(layers)) continue;
    return record === undefined ? settings : { ...settings, ...recordedChoices(record, settings) };
  }
  return undefined;
}

type Size = Pick<ModelSettings, 'couplings' | 'hidden' | 'residualBlocks' | 'scale'>;

/** The size of a flow, read as one of this preset. */
function sizeOf({ bijectors }: FlowSpec, preset: PresetName): Size {
  const couplings = bijectors.filter((layer) => isCouplingOf(preset, layer));
  const [first] = couplings;
  const { hidden, residualBlocks } = first?.conditioner ?? { hidden: [] };
  return {
    couplings: couplings.length,
    hidden: [...hidden],
    residualBlocks: residualBlocks ?? 0,
    scale: isOffered(first?.scale) ? first.scale.map : PRESET_CHOICES[preset].start.scale,
  };
}

function isOffered(scale: ScaleMap | undefined): scale is ScaleMap & { map: OfferedScale } {
  return scale !== undefined && scale.map !== 'softclip';
}
