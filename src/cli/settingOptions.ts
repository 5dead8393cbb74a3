/** The command line's options for settings of training. */
import { integer } from '../calls/optionRules.ts';
import type { OptionRule } from '../calls/optionRules.ts';
import type { TrainingSettings } from '../training/settingTable.ts';

/** The flag and description of a setting; `rule` if it is narrower than the setting's. */
export interface SettingOption {
  flag: string;
  words: string;
  /** Whether the preset has its own default. */
  isOfPreset?: boolean;
  rule?: OptionRule;
}

export const SETTING_OPTIONS: Partial<Record<keyof TrainingSettings, SettingOption>> = {
  steps: { flag: '--steps <n>', words: 'training steps' },
  batch: { flag: '--batch <n>', words: 'rows of a batch', rule: integer(1, 2 ** 27) },
  learningRate: { flag: '--lr <x>', words: 'learning rate', isOfPreset: true },
  schedule: {
    flag: '--schedule <s>',
    words: 'constant, cosine, exponential:DECAY or plateau:FACTOR:PATIENCE, which counts validation scores',
    isOfPreset: true,
  },
  warmup: { flag: '--warmup <n>', words: 'steps over which the learning rate first rises from 0' },
  clipNorm: {
    flag: '--clip <norm>',
    words: "upper bound for the gradient's norm, 0 for none",
    isOfPreset: true,
  },
  seed: { flag: '--seed <n>', words: 'seed of the weights, the batches and the held-out rows' },
  optimizer: { flag: '--optimizer <name>', words: 'adam, or sgd: gradient descent with momentum' },
  momentum: { flag: '--momentum <x>', words: 'the share of its velocity that sgd keeps each step' },
  weightDecay: { flag: '--weight-decay <x>', words: "decoupled decay of the nets' weights, as in AdamW" },
  averageDecay: {
    flag: '--ema <decay>',
    words: 'validate and keep an exponential moving average of the parameters, such as 0.999; 0 for none',
  },
  jitter: {
    flag: '--jitter <x>',
    words: "noise of the training rows, as a share of the columns' standard deviations; 0 for none",
    isOfPreset: true,
  },
  freeze: {
    flag: '--freeze <names>',
    words: 'tensors that keep their values, such as bijectors.1,base',
  },
};
