/** The card where one builds the model. */
import * as v from 'valibot';
import { PRESETS } from '../../src/index.ts';
import type { PresetName } from '../../src/index.ts';
import { BASE_NAMES, BASES } from '../bases.ts';
import type { BaseName } from '../bases.ts';
import { PRESET_CHOICES, PRESET_NAMES } from '../presets.ts';
import type { ModelSettings, Price } from '../protocol.ts';
import { byId, offer, setNotice, setText } from './dom.ts';
import { bytes, count, milliseconds } from './figures.ts';
import { describeUnmade } from './openedFile.ts';
import { LIMITS, ModelSchema } from './settings.ts';
import { fileOf, isApart, isEndless, missingFor } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { presetChosen } from './transitions.ts';

/** Blocks of the residual nets that are offered; a model file may have more. */
const MAX_BLOCKS = 4;

type NumberField = 'couplings' | 'batch' | 'learningRate' | 'steps' | 'seed';

export class ModelPanel {
  readonly #form = byId('model', HTMLFormElement);
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #nets = byId('nets', HTMLSelectElement);
  readonly #scale = byId('scale', HTMLSelectElement);
  readonly #base = byId('base', HTMLSelectElement);
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
  /** Of the plain nets before the residual ones, for when the visitor goes back to them. */
  #plainHidden: number[] | undefined;

  /** @param changed called with settings that are sound */
  constructor(store: Store<State>, changed: (model: ModelSettings) => void) {
    this.#preset.append(...PRESET_NAMES.map((name) => new Option(PRESETS[name].title, name)));
    this.#base.append(...BASE_NAMES.map((name) => new Option(BASES[name].label, name)));
    for (let blocks = 0; blocks <= MAX_BLOCKS; blocks++) this.#offerNets(blocks);
    for (const name of ['couplings', 'batch', 'steps', 'seed'] as const) {
      this.#numbers[name].min = String(LIMITS[name].min);
      this.#numbers[name].max = String(LIMITS[name].max);
    }
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#preset.addEventListener('change', () =>
      this.#show(presetChosen(store.state.model, this.#preset.value as PresetName)),
    );
    this.#nets.addEventListener('change', () => this.#fitHidden());
    this.#form.addEventListener('change', () => {
      const model = this.#read();
      if (model !== undefined) changed(model);
    });
    this.#follow(store);
  }

  #follow(store: Store<State>): void {
    const note = byId('model-note', HTMLElement);
    store.follow(
      ({ model }) => [model],
      ([model]) => this.#show(model),
    );
    store.follow(
      (state) => [state.model.preset, isApart(state)],
      () => {
        for (const name of BASE_NAMES) this.#offerBase(name, missingFor(name, store.state));
      },
    );
    store.follow(
      (state) => [isEndless(state)],
      ([endless]) => {
        this.#stop.disabled = endless;
        setText(byId('stop-best', HTMLOptionElement), endless ? 'at the end' : 'at its best');
      },
    );
    store.follow(
      (state) => [fileOf(state)],
      ([file]) => setNotice(note, file?.settings === null ? describeUnmade(file) : undefined),
    );
    store.follow(
      ({ price }) => [price],
      ([price]) => showPrice(price),
    );
  }

  #show(model: ModelSettings): void {
    const { preset } = model;
    this.#preset.value = preset;
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
    this.#scale.disabled = !PRESET_CHOICES[preset].hasScaleMap;
    const words = byId('preset-words', HTMLElement);
    setText(words, PRESETS[preset].words);
    words.title = PRESETS[preset].summary;
    this.#complain(undefined, undefined);
  }

  /** @param missing why it cannot be chosen */
  #offerBase(name: BaseName, missing: string | undefined): void {
    const option = this.#base.options[BASE_NAMES.indexOf(name)];
    if (option === undefined) return;
    option.disabled = missing !== undefined;
    setText(option, missing === undefined ? BASES[name].label : `${BASES[name].label} (${missing})`);
  }

  /** @returns undefined if the form is not sound: it says what is wrong, and the model stays as it was */
  #read(): ModelSettings | undefined {
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
      this.#complain(undefined, undefined);
      return read.output;
    }
    const [issue] = read.issues;
    const field = issue.path?.[0]?.key;
    const input = field === 'hidden' ? this.#hidden : this.#numbers[field as NumberField];
    this.#complain(
      input,
      issue.type === 'check' ? issue.message : sentence(String(field), input?.value ?? ''),
    );
    return undefined;
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

function showPrice(price: Price | undefined): void {
  const ms = price?.msPerStep ?? null;
  const words = price && {
    parameters: count(price.parameters),
    bytes: bytes(price.bytes),
    step: ms === null ? 'not yet' : milliseconds(ms),
  };
  for (const [name, text] of Object.entries(words ?? {})) setText(byId(`price-${name}`, HTMLElement), text);
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
