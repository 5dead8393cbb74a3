/** The card where one builds the model. */
import * as v from 'valibot';
import { PRESETS } from '../../src/presets/index.ts';
import type { PresetName } from '../../src/index.ts';
import type { ModelSettings, Price } from '../protocol.ts';
import { byId, offer, setNotice, setText } from './dom.ts';
import { bytes, count, milliseconds } from './figures.ts';
import { LIMITS, ModelSchema, PRESET_NAMES, PRESET_SETTINGS, hasBox, hasScaleMap } from './settings.ts';

const FAMILY_NAMES: Record<PresetName, string> = {
  realnvp: 'Real NVP',
  spline: 'Neural spline',
  glow: 'Glow',
  nice: 'NICE',
  vanilla: 'Vanilla Real NVP',
};
const FAMILY_WORDS: Record<PresetName, string> = {
  realnvp: 'Each layer scales and shifts half of the coordinates. Trains well as it is.',
  spline: 'Each layer bends half of the coordinates by a monotone curve: the most flexible.',
  glow: 'Each layer first mixes all coordinates by a learned matrix.',
  nice: 'Each layer only shifts, so no layer changes a volume: the least flexible.',
  vanilla: "A textbook's Real NVP: unbounded scales and wide nets. It can diverge.",
};

/** Blocks of the residual nets that are offered; a model file may have more. */
const MAX_BLOCKS = 4;

type NumberField = 'couplings' | 'batch' | 'learningRate' | 'steps' | 'seed';

export class ModelPanel {
  readonly #form = byId('model', HTMLFormElement);
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #nets = byId('nets', HTMLSelectElement);
  readonly #scale = byId('scale', HTMLSelectElement);
  readonly #base = byId('base', HTMLSelectElement);
  readonly #uniform = byId('base-uniform', HTMLOptionElement);
  readonly #classMeans = byId('base-class', HTMLOptionElement);
  readonly #schedule = byId('schedule', HTMLSelectElement);
  readonly #hidden = byId('hidden', HTMLInputElement);
  readonly #stop = byId('stop', HTMLSelectElement);
  readonly #numbers: Record<NumberField, HTMLInputElement> = {
    couplings: byId('couplings', HTMLInputElement),
    batch: byId('batch', HTMLInputElement),
    learningRate: byId('rate', HTMLInputElement),
    steps: byId('steps', HTMLInputElement),
    seed: byId('seed', HTMLInputElement),
  };
  readonly #mistake = byId('model-mistake', HTMLElement);
  readonly #note = byId('model-note', HTMLElement);
  #model: ModelSettings;
  /** Of the plain nets before the residual ones, for when the visitor goes back to them. */
  #plainHidden: number[] | undefined;

  /** @param changed called with settings that are sound */
  constructor(model: ModelSettings, changed: (model: ModelSettings) => void) {
    this.#model = model;
    this.#preset.append(...PRESET_NAMES.map((name) => new Option(FAMILY_NAMES[name], name)));
    for (let blocks = 0; blocks <= MAX_BLOCKS; blocks++) this.#offerNets(blocks);
    for (const name of ['couplings', 'batch', 'steps', 'seed'] as const) {
      this.#numbers[name].min = String(LIMITS[name].min);
      this.#numbers[name].max = String(LIMITS[name].max);
    }
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#preset.addEventListener('change', () => {
      const preset = this.#preset.value as PresetName;
      const { steps, seed, allSteps } = this.#model;
      const kept = { steps, seed, ...(allSteps === undefined ? {} : { allSteps }) };
      this.show({ preset, ...PRESET_SETTINGS[preset], ...kept });
    });
    this.#nets.addEventListener('change', () => this.#fitHidden());
    this.#form.addEventListener('change', () => {
      if (this.#read()) changed(this.#model);
    });
    this.show(model);
  }

  get model(): ModelSettings {
    return this.#model;
  }

  show(model: ModelSettings): void {
    this.#model = model;
    this.#preset.value = model.preset;
    this.#hidden.value = model.hidden.join(', ');
    this.#offerNets(model.residualBlocks);
    this.#nets.value = String(model.residualBlocks);
    this.#scale.value = model.scale;
    this.#base.value = model.base;
    offer(this.#schedule, model.schedule, model.schedule.replace(/^exponential:(.*)/, '× $1 a step'));
    this.#schedule.value = model.schedule;
    this.#stop.value = model.allSteps === true ? 'last' : 'best';
    for (const [name, input] of Object.entries(this.#numbers)) {
      input.value = String(model[name as NumberField]);
    }
    this.#scale.disabled = !hasScaleMap(model.preset);
    this.#uniform.disabled = !hasBox(model.preset);
    setText(this.#uniform, hasBox(model.preset) ? 'uniform box' : 'uniform box (splines only)');
    const words = byId('preset-words', HTMLElement);
    setText(words, FAMILY_WORDS[model.preset]);
    words.title = PRESETS[model.preset].summary;
    this.#complain(undefined, undefined);
  }

  /** Says what the settings are to a model that they do not make. */
  note(sentence: string | undefined): void {
    setNotice(this.#note, sentence);
  }

  /** A base of class means is for data that are told apart alone; for others it becomes that of the family. */
  tellApart(isApart: boolean): void {
    this.#classMeans.disabled = !isApart;
    setText(this.#classMeans, isApart ? 'class means' : 'class means (tell apart first)');
    if (isApart || this.#model.base !== 'class') return;
    this.show({ ...this.#model, base: PRESET_SETTINGS[this.#model.preset].base });
  }

  /** Endless points come once each, so there is nothing to stop for before the last step. */
  set isEndless(isEndless: boolean) {
    this.#stop.disabled = isEndless;
    setText(byId('stop-best', HTMLOptionElement), isEndless ? 'at the end' : 'at its best');
  }

  showPrice({ parameters, bytes: held, msPerStep }: Price): void {
    setText(byId('price-parameters', HTMLElement), count(parameters));
    setText(byId('price-bytes', HTMLElement), bytes(held));
    setText(byId('price-step', HTMLElement), msPerStep === null ? 'not yet' : milliseconds(msPerStep));
  }

  /** @returns whether the form is sound; else it says what is wrong, and the model stays as it was */
  #read(): boolean {
    const { couplings, batch, learningRate, steps, seed } = this.#numbers;
    const read = v.safeParse(ModelSchema, {
      preset: this.#preset.value,
      couplings: couplings.valueAsNumber,
      hidden: this.#widths,
      residualBlocks: Number(this.#nets.value),
      scale: this.#scale.value,
      base: this.#base.value,
      batch: batch.valueAsNumber,
      learningRate: learningRate.valueAsNumber,
      schedule: this.#schedule.value,
      steps: steps.valueAsNumber,
      seed: seed.valueAsNumber,
      ...(this.#stop.value === 'last' ? { allSteps: true } : {}),
    });
    if (read.success) {
      this.#model = read.output;
      this.#complain(undefined, undefined);
      return true;
    }
    const [issue] = read.issues;
    const field = issue.path?.[0]?.key;
    const input = field === 'hidden' ? this.#hidden : this.#numbers[field as NumberField];
    this.#complain(
      input,
      issue.type === 'check' ? issue.message : sentence(String(field), input?.value ?? ''),
    );
    return false;
  }

  get #widths(): number[] {
    return this.#hidden.value
      .split(/[\s,;x×-]+/)
      .filter(Boolean)
      .map(Number);
  }

  #offerNets(blocks: number): void {
    offer(this.#nets, String(blocks), netsWords(blocks));
  }

  /** Residual nets have one width, so the others are left out until the nets are plain again. */
  #fitHidden(): void {
    const widths = this.#widths;
    if (this.#nets.value !== '0' && widths.length > 1) {
      this.#plainHidden = widths;
      this.#hidden.value = String(widths[0]);
    } else if (this.#nets.value === '0' && this.#plainHidden?.[0] === widths[0]) {
      this.#hidden.value = (this.#plainHidden ?? []).join(', ');
    }
  }

  #complain(input: HTMLInputElement | undefined, sentence: string | undefined): void {
    for (const each of [this.#hidden, ...Object.values(this.#numbers)]) {
      if (each === input) each.setAttribute('aria-invalid', 'true');
      else each.removeAttribute('aria-invalid');
    }
    setNotice(this.#mistake, sentence);
  }
}

function netsWords(blocks: number): string {
  if (blocks === 0) return 'no';
  return blocks === 1 ? '1 block' : `${blocks} blocks`;
}

function sentence(field: string, found: string): string {
  const whole = { couplings: 'Couplings', batch: 'Batch', steps: 'Steps', seed: 'Seed' } as const;
  if (field in whole) {
    const name = field as keyof typeof whole;
    const { min, max } = LIMITS[name];
    return `${whole[name]}: found ${quoted(found)}, expected a whole number from ${min} to ${count(max)}.`;
  }
  if (field === 'hidden') {
    const { hiddenLayers, hiddenWidth } = LIMITS;
    return `Hidden widths: found ${quoted(found)}, expected one to ${hiddenLayers.max} whole numbers up to ${hiddenWidth.max}, like 32, 32.`;
  }
  return `Learning rate: found ${quoted(found)}, expected a number from 0.000001 to 1.`;
}

function quoted(text: string): string {
  return text.trim() === '' ? 'nothing' : `"${text}"`;
}
