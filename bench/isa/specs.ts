/** The flows whose kernels are compiled. */
import type { Base } from '../../src/bases/base.ts';
import { BASES } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import { CONFIG_NAMES, configModel } from '../../src/measure/configs.ts';
import type { BenchModel } from '../../src/measure/configs.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import type { PresetName, PresetOptions } from '../../src/presets/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';

/** A flow, and the rows of its training step. */
export type IsaFlow = Pick<BenchModel, 'name' | 'spec' | 'batch'>;

const BATCH = 512;
const DIMS = [1, 2, 6, 16, 63];
const CONTEXT_DIM = 4;
const BASE_DIMS = [2, 16];

const KINDS: [suffix: string, options: PresetOptions][] = [
  ['', {}],
  [`, context ${CONTEXT_DIM}`, { contextDim: CONTEXT_DIM }],
  [', residual nets', { residualBlocks: 2 }],
];

/** S, M and L; each preset at each width, plain, with a context and with residual nets; each base. */
export function isaFlows(): IsaFlow[] {
  const presets = (Object.keys(PRESETS) as PresetName[]).flatMap((name) =>
    // `vanilla` needs two features.
    DIMS.filter((dim) => dim > 1 || name !== 'vanilla').flatMap((dim) => kindsOf(name, dim)),
  );
  const bases = Object.entries<Base>(BASES).flatMap(([type, room]) =>
    BASE_DIMS.map((dim) => {
      const base = { type, ...room.defaults() } as BaseSpec;
      const contextDim = room.readsContext === true ? CONTEXT_DIM : 0;
      return flowOf(`realnvp(${dim}), base ${type}`, realnvp(dim, { base, contextDim }));
    }),
  );
  return [...CONFIG_NAMES.map(configModel), ...presets, ...bases];
}

/** A flow without nets is only plain. */
function kindsOf(name: PresetName, dim: number): IsaFlow[] {
  const flows = KINDS.map(([suffix, options]) =>
    flowOf(`${name}(${dim})${suffix}`, PRESETS[name].spec(dim, options)),
  );
  const texts = flows.map(({ spec }) => JSON.stringify(spec));
  return flows.filter((_, index) => texts.indexOf(texts[index] ?? '') === index);
}

function flowOf(name: string, spec: FlowSpec): IsaFlow {
  return { name, spec, batch: BATCH };
}
