/** What a preset is: a family of flows, with the training that suits it. */
import type { FlowSpec } from '../spec/spec.ts';
import type { TrainingSettings } from '../training/options.ts';
import type { PresetOptions } from './presetOptions.ts';
import type { TableSize } from './tableSize.ts';

export interface Preset {
  name: string;
  /** What people call it. */
  title: string;
  /** One line for people who choose. */
  summary: string;
  /** The same for people who are new to flows. */
  words: string;
  /** Describes a flow of `dim` features; `Flow.create` reports what is out of range. */
  spec: (dim: number, options?: PresetOptions) => FlowSpec;
  /** Options of `fit` that suit the family. */
  training: Pick<TrainingSettings, 'learningRate' | 'schedule' | 'clipNorm'>;
  /** The size of a flow of `dim` features for a table of `rows` rows, and its share of the learning rate. */
  size: (rows: number, dim: number) => TableSize;
}

/** What `fit` takes of a preset when it learns `rows` rows. */
export function trainingFor({ name, training, size }: Preset, dim: number, rows: number) {
  return { ...training, learningRate: training.learningRate * size(rows, dim).pace, preset: name };
}
