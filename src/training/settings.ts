/** The settings of one run: chosen, restored and stored. */
import { DataError, ShapeError } from '../errors.ts';
import type { OptimizerState, Settings } from '../io/modelFile.ts';
import { OPTIMIZERS } from '../model/optimizer.ts';
import { FIT_DEFAULTS, perSetting, SETTING_ENTRIES } from './settingTable.ts';
import type { FitOptions } from './options.ts';
import type { TrainingSettings } from './settingTable.ts';

/**
 * The settings of a run: from the options, else from the resumed run, else the defaults.
 * @throws {ShapeError} when more steps are done already
 * @throws {DataError} when the checkpoint has a setting that is out of range
 */
export function settingsOf(
  options: FitOptions,
  state: OptimizerState | undefined,
  defaults: Partial<TrainingSettings>,
): TrainingSettings {
  const restored = restoredSettings(state?.settings ?? {});
  const chosen = perSetting(
    (name) => options[name] ?? restored[name] ?? defaults[name] ?? FIT_DEFAULTS[name],
  );
  const settings = chosen as TrainingSettings;
  const known = OPTIMIZERS.find((name) => name === restored.optimizer) ?? FIT_DEFAULTS.optimizer;
  if (state !== undefined && settings.optimizer !== known) {
    throw new ShapeError('fit option optimizer', settings.optimizer, `${known}, as in the earlier run`);
  }
  const { until = settings.steps } = options;
  const last = Math.min(until, settings.steps);
  if (state !== undefined && state.step > last) {
    const what = `fit option ${until < settings.steps ? 'until' : 'steps'}`;
    throw new ShapeError(what, String(last), `at least the ${state.step} steps already done`);
  }
  return settings;
}

/** The settings in a checkpoint. @throws {DataError | ShapeError} naming the first that `fit` would refuse */
function restoredSettings(stored: Settings): Record<keyof TrainingSettings, unknown> {
  return perSetting((name, { isKept, rule, text }) => {
    const found = stored[name];
    if (!isKept || found === undefined) return undefined;
    const value = text === undefined ? found : text.parse(String(found));
    if (rule.accepts(value)) return value;
    throw new DataError(
      `the checkpoint's setting ${name}: found ${String(found)}, expected ${rule.expected}`,
    );
  });
}

/** The settings that a checkpoint or a training record keeps, in their file form. */
export function storedSettings(settings: TrainingSettings, which: 'isKept' | 'isRecorded'): Settings {
  const chosen = SETTING_ENTRIES.filter(([, setting]) => setting[which]);
  const entries = chosen.map(([name, { text }]) => [name, text?.format(settings[name]) ?? settings[name]]);
  return Object.fromEntries(entries) as Settings;
}
