/** The flow that `wgflow train` makes: the preset for the data, in the size that the options or the rows ask for. */
import { Flow } from '../flow/flow.ts';
import type { FlowOptions } from '../flow/options.ts';
import { contextFeatures } from '../model/context.ts';
import { IMAGE_PRESETS, PRESETS, tablePreset } from '../presets/index.ts';
import type { Preset, PresetName } from '../presets/index.ts';
import { trainingFor } from '../presets/preset.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { TrainingSettings } from '../training/settingTable.ts';
import { IMAGE_PRESET, isImagePreset } from './images/imageOptions.ts';
import type { TrainOptions } from './trainOptions.ts';
import type { TrainingSet } from './trainingSet.ts';

export interface FreshFlow {
  spec: FlowSpec;
  /** The settings of a run, where no option says otherwise. */
  settings: Partial<TrainingSettings>;
  create: (opening: FlowOptions) => Promise<Flow>;
}

/** The preset of a toy density. */
export const TOY_PRESET: PresetName = 'realnvp';

/**
 * @param rows that are learned; infinite for a toy density
 * @throws {ShapeError} when the options do not fit the data
 */
export function freshFlow(set: TrainingSet, options: TrainOptions, rows: number): FreshFlow {
  const contextDim = contextFeatures(set.context?.columns ?? []);
  const dim = set.columns.length;
  const { image } = set;
  const { preset: asked, toy, levels, depth, width } = options;
  if (image !== undefined) {
    const preset = IMAGE_PRESETS[asked !== undefined && isImagePreset(asked) ? asked : IMAGE_PRESET];
    const shape = { levels, depth, width, contextDim };
    return {
      spec: preset.imageSpec(image, shape),
      settings: trainingFor(preset, dim, rows),
      create: (opening) => Flow.create(preset, { image, ...shape, ...opening }),
    };
  }
  const usual = toy === undefined ? tablePreset(dim) : TOY_PRESET;
  const preset: Preset = PRESETS[asked !== undefined && !isImagePreset(asked) ? asked : usual];
  const { shape: size } = preset.size(rows, dim);
  const shape = {
    couplings: options.couplings ?? size.couplings,
    hidden: options.hidden ?? size.hidden,
    residualBlocks: options.residualBlocks,
    base: options.base,
    contextDim,
    domain: set.domains,
  };
  return {
    spec: preset.spec(dim, shape),
    settings: trainingFor(preset, dim, rows),
    create: (opening) => Flow.create(preset, { dim, ...shape, ...opening }),
  };
}
