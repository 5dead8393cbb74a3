/** The libraries whose state dicts can be loaded, by name. */
import type { OptionRules } from '../../calls/optionRules.ts';
import type { Model } from '../modelFile.ts';
import { NET_RULES, nflowsModel, NORMFLOWS_RULES, normflowsModel } from './nflows.ts';
import type { NormflowsOptions } from './nflows.ts';
import type { StateDict } from './stateDict.ts';
import { VANILLA_RULES, vanillaModel } from './vanilla.ts';
import { ZUKO_RULES, zukoModel } from './zuko.ts';

interface Library {
  /** The facts that a state dict does not hold. */
  rules: OptionRules;
  required: readonly string[];
  model: (state: StateDict, options: object, fileName: string) => Model;
}

export const LIBRARIES = {
  nflows: { rules: NET_RULES, required: [], model: nflowsModel },
  normflows: {
    rules: NORMFLOWS_RULES,
    required: ['flows'],
    model: (state, options, fileName) => normflowsModel(state, options as NormflowsOptions, fileName),
  },
  zuko: { rules: ZUKO_RULES, required: [], model: zukoModel },
  vanilla: { rules: VANILLA_RULES, required: [], model: vanillaModel },
} as const satisfies Record<string, Library>;

export type LibraryName = keyof typeof LIBRARIES;
