/** The flows that are measured: the configurations that bench/peers compares with other libraries, or any spec. */
import { configs } from '../../bench/peers/configs.json';
import { ShapeError } from '../errors.ts';
import { PRESETS } from '../flows/index.ts';
import type { FlowSpec } from '../spec.ts';

/** A flow and the size of its training batch. */
export interface BenchModel {
  name: string;
  summary: string;
  spec: FlowSpec;
  /** Rows of a training step. */
  batch: number;
}

export const CONFIG_NAMES = ['S', 'M', 'L'] as const satisfies readonly (keyof typeof configs)[];
export type ConfigName = (typeof CONFIG_NAMES)[number];

/** The configuration of that name, without standardisation, which its data do not need. */
export function configModel(name: ConfigName): BenchModel {
  const { summary, preset, dim, couplings, hidden, batch } = configs[name];
  if (!(preset in PRESETS)) {
    throw new ShapeError(`preset of configuration ${name}`, preset, Object.keys(PRESETS).join(' or '));
  }
  const spec = PRESETS[preset as keyof typeof PRESETS].spec(dim, { couplings, hidden });
  const bijectors = spec.bijectors.filter(({ type }) => type !== 'standardize');
  return { name, summary, batch, spec: { ...spec, bijectors } };
}
