/** The measured flows: the configurations that bench/peers compares with other libraries, or any spec. */
import { configs } from '../../bench/peers/configs.json';
import { ShapeError } from '../errors.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import { PRESETS } from '../presets/index.ts';
import type { FlowSpec } from '../spec/spec.ts';

/** A flow and the size of its training batch. */
export interface BenchModel {
  name: string;
  /** The flow in words. */
  summary: string;
  /** The flow. */
  spec: FlowSpec;
  /** Rows of a training step. */
  batch: number;
}

/** The names of the configurations, from small to large. */
export const CONFIG_NAMES = ['S', 'M', 'L'] as const satisfies readonly (keyof typeof configs)[];
/** The name of a configuration: see `configModel`. */
export type ConfigName = (typeof CONFIG_NAMES)[number];

/**
 * The configuration with that name: only its couplings, because its data need no standardisation.
 * @throws {ShapeError} for an unknown name
 */
export function configModel(name: ConfigName): BenchModel {
  if (!CONFIG_NAMES.includes(name)) {
    throw new ShapeError('configuration', name, `one of ${CONFIG_NAMES.join(', ')}`);
  }
  const { summary, preset, dim, couplings, hidden, batch } = configs[name];
  if (!(preset in PRESETS)) {
    throw new ShapeError(`preset of configuration ${name}`, preset, Object.keys(PRESETS).join(' or '));
  }
  const spec = PRESETS[preset as keyof typeof PRESETS].spec(dim, {
    couplings,
    hidden,
    base: { type: 'standard_normal' },
  });
  const bijectors = spec.bijectors.flatMap((bijector) =>
    // Use the peers' base and activation, not the preset's.
    'conditioner' in bijector
      ? [{ ...bijector, conditioner: { ...bijector.conditioner, activation: 'leaky_relu' } } as BijectorSpec]
      : [],
  );
  return { name, summary, batch, spec: { ...spec, bijectors } };
}
