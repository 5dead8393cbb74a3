/** Two models on one data set with one clock: a picture of each, and one chart of both losses. */
import href from '../../style/compare.css?url';
import { PRESETS, TOY_NAMES } from '../../../src/index.ts';
import type { PresetName, ToyName } from '../../../src/index.ts';
import { PRESET_NAMES, startOf } from '../../presets.ts';
import { TOY_TITLES } from '../../toys.ts';
import { make, setText } from '../dom.ts';
import { count } from '../figures.ts';
import { LossChart } from '../lossChart.ts';
import type { LossPoint } from '../lossCurve.ts';
import { defaultSettings, LIMITS } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { decodeShare, encodeShare } from '../shareLink.ts';
import { loadStyle } from '../styleSheet.ts';
import { PAIRS } from '../words/compare.ts';
import { say } from '../words/sentence.ts';
import type { FromModel, ToModel } from './messages.ts';

/** Both models stop as often as this on their way, so that neither runs ahead. */
const STOPS = 20;
const NAMES = ['A', 'B'] as const;
/** Sizes that a processor trains within a minute. */
const SIZE = { couplings: 4, hidden: [32, 32], batch: 256, steps: 800 };

interface Side {
  settings: Settings;
  frame: HTMLIFrameElement;
  preset: HTMLSelectElement;
  couplings: HTMLInputElement;
  words: HTMLElement;
  told: FromModel | undefined;
  line: LossPoint[];
}

class Comparison {
  readonly #sides: readonly [Side, Side];
  readonly #data = make('select', { id: 'compare-data', ariaLabel: 'Data' });
  readonly #train = make('button', { className: 'button primary', id: 'compare-train', type: 'button' });
  readonly #reset = make('button', { className: 'button', id: 'compare-reset', type: 'button' }, 'Reset');
  readonly #status = make('p', { className: 'status', id: 'compare-status' });
  readonly #verdict = make('p', { className: 'verdict', id: 'compare-verdict' });
  readonly #place = make('div', { className: 'chart' });
  readonly #chart = new LossChart(this.#place);
  #isRunning = false;
  /** The step at which both wait for each other. */
  #until = 0;

  constructor(settings: readonly [Settings, Settings]) {
    this.#sides = [sideOf(settings[0]), sideOf(settings[1])];
    const { source } = settings[0];
    if (source.kind === 'drawing') this.#data.append(new Option('Your drawing', 'drawing'));
    this.#data.append(...TOY_NAMES.map((name) => new Option(TOY_TITLES[name], name)));
    this.#data.value = source.kind === 'toy' ? source.name : 'drawing';
    this.#data.addEventListener('change', () => this.#chooseData(source));
    this.#train.addEventListener('click', () => this.#toggle());
    this.#reset.addEventListener('click', () => this.#restart());
    for (const side of this.#sides) {
      side.preset.addEventListener('change', () => this.#choosePreset(side));
      side.couplings.addEventListener('change', () => this.#chooseCouplings(side));
    }
    window.addEventListener('message', ({ source: from, origin, data }: MessageEvent<FromModel>) => {
      const side = this.#sides.find(({ frame }) => frame.contentWindow === from);
      if (side === undefined || origin !== location.origin || data.type !== 'model') return;
      this.#hear(side, data);
    });
  }

  get view(): HTMLElement {
    const [a, b] = this.#sides.map((side, i) => cardOf(side, NAMES[i] ?? 'A'));
    const key = (name: string, words: string): HTMLElement => make('li', { className: name }, words);
    const loss = make(
      'section',
      { className: 'card', ariaLabel: 'Losses' },
      make('h2', {}, 'Loss, nats'),
      this.#place,
      make(
        'ul',
        { className: 'legend small muted', ariaHidden: 'true' },
        key('key-train', 'A'),
        key('key-validation', 'B'),
        key('key-floor', 'floor'),
      ),
      this.#verdict,
    );
    this.#verdict.setAttribute('role', 'status');
    return make(
      'main',
      { className: 'compare', id: 'compare-page' },
      make(
        'section',
        { className: 'card row', ariaLabel: 'Training' },
        this.#data,
        this.#train,
        this.#reset,
        this.#status,
      ),
      make('div', { className: 'pair' }, a ?? '', loss, b ?? ''),
    );
  }

  get #steps(): number {
    return this.#sides[0].settings.model.steps;
  }

  #hear(side: Side, told: FromModel): void {
    if (told.hash === '' && side.told === undefined) this.#send(side, showing(side));
    side.told = told;
    if (
      told.hash === encodeShare(side.settings) &&
      told.training !== null &&
      told.step > (side.line.at(-1)?.step ?? 0)
    ) {
      side.line.push({ step: told.step, nll: told.training });
    }
    this.#goOn();
    this.#draw();
  }

  /** Sends both to the next stop, once both have reached this one. */
  #goOn(): void {
    if (!this.#isRunning || !this.#sides.every((side) => this.#isAtStop(side))) return;
    const isOver = this.#sides.some(
      ({ told }) => told === undefined || told.hasDiverged || told.step < this.#until,
    );
    if (isOver || this.#until >= this.#steps) {
      this.#isRunning = false;
      return;
    }
    this.#until = Math.min(this.#steps, this.#until + Math.ceil(this.#steps / STOPS));
    for (const side of this.#sides) {
      // Its rest at the last stop is over.
      if (side.told !== undefined) side.told = { ...side.told, phase: 'training' };
      this.#send(side, { type: 'train', until: this.#until });
    }
  }

  /** It rests: at the stop, or earlier if its held-out points have ended the training. */
  #isAtStop({ told, settings }: Side): boolean {
    return (
      told?.hash === encodeShare(settings) && told.isReady && (told.phase === 'idle' || told.phase === 'done')
    );
  }

  #toggle(): void {
    if (this.#isRunning) {
      this.#isRunning = false;
    } else {
      if (this.#until >= this.#steps) this.#restart();
      this.#isRunning = true;
      this.#goOn();
    }
    this.#draw();
  }

  #restart(): void {
    this.#isRunning = false;
    this.#until = 0;
    const [a, b] = this.#sides.map(({ settings }) => encodeShare(settings));
    history.replaceState(null, '', `${location.pathname}${location.search}#${a}|${b}`);
    for (const side of this.#sides) {
      side.line = [];
      side.told &&= { ...side.told, isReady: false };
      this.#send(side, showing(side));
    }
    this.#draw();
  }

  #chooseData(first: Settings['source']): void {
    const { value } = this.#data;
    const source =
      value === 'drawing' ? first : ({ kind: 'toy', name: value as ToyName, size: 'endless' } as const);
    for (const side of this.#sides) side.settings = { ...side.settings, source };
    this.#restart();
  }

  #choosePreset(side: Side): void {
    const { couplings, hidden, batch, steps, seed } = side.settings.model;
    const preset = side.preset.value as PresetName;
    side.settings = {
      ...side.settings,
      model: { ...startOf(preset), couplings, hidden, batch, steps, seed },
    };
    this.#restart();
  }

  #chooseCouplings(side: Side): void {
    const { min, max } = LIMITS.couplings;
    const couplings = Math.round(Math.min(max, Math.max(min, side.couplings.valueAsNumber || min)));
    side.couplings.value = String(couplings);
    side.settings = { ...side.settings, model: { ...side.settings.model, couplings } };
    this.#restart();
  }

  #send({ frame }: Side, message: ToModel): void {
    frame.contentWindow?.postMessage(message, location.origin);
  }

  #draw(): void {
    const [a, b] = this.#sides;
    const isReady = this.#sides.every(({ told }) => told?.isReady === true);
    const isOver = this.#until >= this.#steps && !this.#isRunning;
    this.#train.disabled = !isReady && !this.#isRunning;
    setText(this.#train, this.#isRunning ? 'Pause' : isOver ? 'Train anew' : 'Train both');
    const step = Math.min(a.told?.step ?? 0, b.told?.step ?? 0);
    const isEqual = a.told?.step === b.told?.step;
    setText(this.#status, isReady ? `Step ${count(step)} of ${count(this.#steps)}` : 'Starting…');
    for (const { words, told } of this.#sides) {
      setText(words, told?.parameters == null ? '' : `${count(told.parameters)} parameters`);
    }
    const [lossA, lossB] = [a.told?.loss ?? null, b.told?.loss ?? null];
    const facts = {
      isOff: this.#sides.some(({ told }) => told?.phase === 'off'),
      diverged: NAMES.filter((_, i) => this.#sides[i]?.told?.hasDiverged === true),
      step,
      losses: lossA === null || lossB === null ? null : ([lossA, lossB] as const),
    };
    // While one waits for the other, their losses are of different steps.
    if (isEqual || step === 0) setText(this.#verdict, say(PAIRS, facts));
    const words = `Losses over the steps. ${this.#verdict.textContent}`;
    this.#chart.draw({ training: a.line, validation: b.line, words }, this.#steps, a.told?.floor ?? null);
  }
}

/** Shows the comparison in place of the playground. */
export async function showComparison(): Promise<void> {
  await loadStyle(href);
  document.title = 'wgflow: two models side by side';
  for (const part of document.querySelectorAll('.lede, main, .article, #projector, #theme, #adapter'))
    part.remove();
  for (const link of document.querySelectorAll('.masthead nav a')) link.removeAttribute('aria-current');
  document.querySelector('.skip')?.setAttribute('href', '#compare-train');
  const [a, b] = decodeURI(location.hash).slice(1).split('|').map(readModel);
  const first = a ?? {
    ...defaultSettings(),
    source: { kind: 'toy', name: 'circles', size: 'endless' } as const,
  };
  const second = b ?? {
    ...first,
    model: { ...startOf('spline'), ...SIZE },
  };
  const settings = [
    a === undefined ? { ...first, model: { ...first.model, ...SIZE } } : first,
    // One data set, and one clock.
    {
      ...second,
      source: first.source,
      model: { ...second.model, steps: a === undefined ? SIZE.steps : first.model.steps },
    },
  ] as const;
  document.body.append(new Comparison(settings).view);
}

/** The settings of a link, unless they are of a file: its rows stay with its page. */
function readModel(hash: string): Settings | undefined {
  const { settings } = decodeShare(hash);
  return settings?.source.kind === 'file' ? undefined : settings;
}

function showing({ settings }: Side): ToModel {
  return { type: 'show', hash: encodeShare(settings) };
}

function sideOf(settings: Settings): Side {
  const { preset, couplings } = settings.model;
  const presets = make('select', {}, ...PRESET_NAMES.map((name) => new Option(PRESETS[name].title, name)));
  presets.value = preset;
  const { min, max } = LIMITS.couplings;
  return {
    settings,
    frame: make('iframe', { src: './index.html?embed=density&hide=train,words,options&guided' }),
    preset: presets,
    couplings: make('input', {
      type: 'number',
      value: String(couplings),
      min: String(min),
      max: String(max),
    }),
    words: make('span', { className: 'small muted' }),
    told: undefined,
    line: [],
  };
}

function cardOf({ frame, preset, couplings, words }: Side, name: string): HTMLElement {
  frame.title = `The density of ${name}`;
  return make(
    'section',
    { ariaLabel: `Model ${name}` },
    make(
      'div',
      { className: 'row' },
      make('h2', {}, name),
      make('label', {}, make('span', { className: 'visually-hidden' }, `Preset of ${name}`), preset),
      make('label', {}, couplings, ' couplings'),
      words,
    ),
    frame,
  );
}
