/** The interface of a preset: a family of flows with its training settings. */
import type { FlowSpec } from '../spec/spec.ts';
import type { TrainingSettings } from '../training/settingTable.ts';
import type { PresetOptions } from './presetOptions.ts';
import type { TableSize } from './tableSize.ts';

/** A family of flows, with its training settings. */
export interface Preset {
  name: string;
  /** Title for people. */
  title: string;
  /** One line that helps people choose. */
  summary: string;
  /** The same line for people who are new to flows. */
  words: string;
  /** Makes the spec of a flow with `dim` features; `Flow.create` reports values that are out of range. */
  spec: (dim: number, options?: PresetOptions) => FlowSpec;
  /** Options of `fit` for this family. */
  training: Pick<TrainingSettings, 'learningRate' | 'schedule' | 'clipNorm'>;
  /** The size of a flow with `dim` features for a table of `rows` training rows, and its training settings. */
  size: (rows: number, dim: number) => TableSize;
}

/** The options of `fit` from a preset, for `rows` training rows. */
export function trainingFor({ name, training, size }: Omit<Preset, 'spec'>, dim: number, rows: number) {
  return { ...training, ...size(rows, dim).training, preset: name };
}
