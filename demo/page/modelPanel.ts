/** The card for building the model. */
import * as v from 'valibot';
import { PRESETS } from '../../src/index.ts';
import type { PresetName } from '../../src/index.ts';
import { BASE_NAMES, BASES } from '../bases.ts';
import type { BaseName } from '../bases.ts';
import { PRESET_CHOICES, PRESET_NAMES } from '../presets.ts';
import type { ModelSettings, Price, TrainingChoices } from '../protocol.ts';
import { CHOICES, OFFERED_SETTINGS } from '../trainingSettings.ts';
import { byId, offer, setNotice, setText } from './dom.ts';
import { bytes, count, milliseconds } from './figures.ts';
import { describeUnmade } from './openedFile.ts';
import { LIMITS, ModelSchema } from './settings.ts';
import { fileOf, isApart, isEndless, missingFor } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { presetChosen } from './transitions.ts';

type Choice = keyof TrainingChoices;
type Control = HTMLInputElement | HTMLSelectElement;

const COUPLINGS = `a whole number from ${LIMITS.couplings.min} to ${LIMITS.couplings.max}`;
const WIDTHS = `one to ${LIMITS.hiddenLayers.max} whole numbers up to ${LIMITS.hiddenWidth.max}, like 32, 32`;

/** The most residual blocks that the page offers; a model file may have more. */
const MAX_BLOCKS = 4;

export class ModelPanel {
  readonly #form = byId('model', HTMLFormElement);
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #nets = byId('nets', HTMLSelectElement);
  readonly #scale = byId('scale', HTMLSelectElement);
  readonly #base = byId('base', HTMLSelectElement);
  readonly #hidden = byId('hidden', HTMLInputElement);
  readonly #stop = byId('stop', HTMLSelectElement);
  readonly #couplings = limited(byId('couplings', HTMLInputElement), LIMITS.couplings);
  readonly #choices = trainingControls();
  readonly #mistake = byId('model-mistake', HTMLElement);
  /** The widths of the last plain nets, for when the visitor returns to them. */
  #plainHidden: number[] | undefined;

  /** @param changed called with valid settings */
  constructor(store: Store<State>, changed: (model: ModelSettings) => void) {
    this.#preset.append(...PRESET_NAMES.map((name) => new Option(PRESETS[name].title, name)));
    this.#base.append(...BASE_NAMES.map((name) => new Option(BASES[name].label, name)));
    for (let blocks = 0; blocks <= MAX_BLOCKS; blocks++) this.#offerNets(blocks);
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
    offer(this.#choices.schedule, model.schedule, model.schedule.replace(/^exponential:(.*)/, '× $1 a step'));
    this.#stop.value = model.allSteps === true ? 'last' : 'best';
    this.#couplings.value = String(model.couplings);
    for (const name of CHOICES) this.#choices[name].value = String(model[name]);
    this.#scale.disabled = !PRESET_CHOICES[preset].hasScaleMap;
    const words = byId('preset-words', HTMLElement);
    setText(words, PRESETS[preset].words);
    words.title = PRESETS[preset].summary;
    this.#complain(undefined, undefined);
  }

  /** @param missing why the base is disabled */
  #offerBase(name: BaseName, missing: string | undefined): void {
    const option = this.#base.options[BASE_NAMES.indexOf(name)];
    if (option === undefined) return;
    option.disabled = missing !== undefined;
    setText(option, missing === undefined ? BASES[name].label : `${BASES[name].label} (${missing})`);
  }

  /** @returns undefined if the form is invalid: it shows the mistake, and the model stays */
  #read(): ModelSettings | undefined {
    const read = v.safeParse(ModelSchema, {
      preset: this.#preset.value,
      couplings: this.#couplings.valueAsNumber,
      hidden: this.#widths,
      residualBlocks: Number(this.#nets.value),
      scale: this.#scale.value,
      base: this.#base.value,
      ...Object.fromEntries(CHOICES.map((name) => [name, valueOf(this.#choices[name])])),
      ...(this.#stop.value === 'last' ? { allSteps: true } : {}),
    });
    if (read.success) {
      this.#complain(undefined, undefined);
      return read.output;
    }
    const [issue] = read.issues;
    const field = issue.path?.[0]?.key;
    if (field === 'couplings') {
      this.#complain(this.#couplings, mistakeIn(this.#couplings, 'Couplings', COUPLINGS));
    } else if (field === 'hidden') {
      const said = mistakeIn(this.#hidden, 'Hidden widths', WIDTHS);
      this.#complain(this.#hidden, issue.type === 'check' ? issue.message : said);
    } else if (CHOICES.includes(field as Choice)) {
      const { label, expected } = OFFERED_SETTINGS[field as Choice];
      const control = this.#choices[field as Choice];
      this.#complain(control, mistakeIn(control, label, expected));
    } else {
      this.#complain(undefined, issue.message);
    }
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

  /** Residual nets have one width, so the others are set aside until the nets are plain again. */
  #fitHidden(): void {
    const widths = this.#widths;
    if (this.#nets.value !== '0' && widths.length > 1) {
      this.#plainHidden = widths;
      this.#hidden.value = String(widths[0]);
    } else if (this.#nets.value === '0' && this.#plainHidden?.[0] === widths[0]) {
      this.#hidden.value = (this.#plainHidden ?? []).join(', ');
    }
  }

  #complain(input: Control | undefined, sentence: string | undefined): void {
    for (const each of [this.#hidden, this.#couplings, ...Object.values(this.#choices)]) {
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

function mistakeIn({ value }: Control, label: string, expected: string): string {
  const found = value.trim() === '' ? 'nothing' : `"${value}"`;
  return `${label}: found ${found}, expected ${expected}.`;
}

type TrainingControls = Record<Exclude<Choice, 'schedule'>, HTMLInputElement> & {
  schedule: HTMLSelectElement;
};

/** Settings with limits are number inputs, the others are selects. */
function trainingControls(): TrainingControls {
  const controls = CHOICES.map((name) => {
    const { id, limits } = OFFERED_SETTINGS[name];
    if (limits === undefined) return [name, byId(id, HTMLSelectElement)];
    return [name, limited(byId(id, HTMLInputElement), limits)];
  });
  return Object.fromEntries(controls) as TrainingControls;
}

function limited(input: HTMLInputElement, { min, max }: { min: number; max: number }): HTMLInputElement {
  input.min = String(min);
  input.max = String(max);
  return input;
}

function valueOf(control: Control): string | number {
  return control instanceof HTMLInputElement ? control.valueAsNumber : control.value;
}
