/** The card of a lesson. Each step sets up the page, asks for a prediction, trains, and explains the result. */
import { toyDensity } from '../../../src/index.ts';
import { STREAMS } from '../../../src/page/index.ts';
import type { Hovered } from '../../protocol.ts';
import { make, setText } from '../dom.ts';
import type { Guide } from '../guide.ts';
import { fixedPart } from '../madeFlow.ts';
import { encodeShare } from '../shareLink.ts';
import { settingsOf } from '../state.ts';
import type { State } from '../state.ts';
import { scrubbed } from '../transitions.ts';
import { FAILURES, PREDICTIONS, SCORES } from '../words/lesson.ts';
import { say } from '../words/sentence.ts';
import { filled, holds, learned } from './facts.ts';
import type { Known } from './facts.ts';
import { minutesOf, settingsOfStep } from './lesson.ts';
import type { Lesson, LessonStep } from './lesson.ts';
import { sheetLink } from './links.ts';

/** Points that the stray samples are counted with, and the share of the data in the emptiest places. */
const STRAY_POINTS = 2000;
const EMPTIEST = 0.001;
/** The longest wait for a point or a picture, ms. */
const PATIENCE = 20_000;

interface Progress {
  at: number;
  known: [string, number][];
  /** By step: the prediction, from 0, and whether it came true. */
  picks: Record<number, { choice: number; isRight: boolean }>;
}

export class LessonPanel {
  readonly #guide: Guide;
  readonly #lesson: Lesson;
  readonly #name: string;
  readonly #card = make('section', { className: 'card lesson', id: 'lesson' });
  #at = 0;
  #known: Known = new Map();
  #picks: Progress['picks'] = {};
  /** The flow of the step: data and fixed settings. */
  #made: { data: State['data']; fixed: string } | undefined;
  #phase: 'predicting' | 'running' | 'told' = 'predicting';
  #run = make('button', { className: 'button primary', id: 'lesson-run', type: 'button' });
  #told = make('div', { className: 'told', id: 'lesson-told', tabIndex: -1 });
  #next = make('button', { className: 'button', id: 'lesson-next', type: 'button' });

  /** @param name in the page's address */
  constructor(guide: Guide, lesson: Lesson, name: string) {
    this.#guide = guide;
    this.#lesson = lesson;
    this.#name = name;
    this.#card.setAttribute('aria-labelledby', 'lesson-title');
  }

  show(place: Element): void {
    place.prepend(this.#card);
    this.#restore();
    this.#guide.store.follow(
      ({ phase, isLive }) => [phase, isLive],
      () => this.#heard(),
    );
    this.#enter(this.#at);
  }

  get #step(): LessonStep {
    return this.#lesson.steps[this.#at] ?? this.#lesson.steps[0]!;
  }

  get #state(): State {
    return this.#guide.store.state;
  }

  /** Sets the page for a step. */
  #enter(index: number): void {
    this.#at = index;
    this.#phase = 'predicting';
    const settings = settingsOfStep(this.#step);
    if (settings !== undefined) {
      const { look } = this.#state;
      // The page's layout is the visitor's.
      this.#guide.show({ ...settings, look: { ...settings.look, screen: look.screen } });
      this.#hold();
    }
    this.#draw();
    this.#keep();
    this.#scrub();
  }

  /** The flow on the page is the step's. */
  #hold(): void {
    const { data, model } = this.#state;
    this.#made = { data, fixed: fixedPart(model) };
  }

  get #isChanged(): boolean {
    const { data, model } = this.#state;
    return this.#made?.data !== data || this.#made.fixed !== fixedPart(model);
  }

  #scrub(): void {
    const { layer } = this.#step;
    if (layer === undefined) return;
    void this.#until(({ isLive, next }) => isLive && next === undefined).then((isThere) => {
      if (!isThere) return;
      this.#guide.store.update((state) => scrubbed(state, layer * state.flow.bijectors.length));
    });
  }

  #draw(): void {
    const { steps, title } = this.#lesson;
    const { minutes, text, question, choices } = this.#step;
    const heading = make('h2', { id: 'lesson-title', tabIndex: -1 }, title);
    const asked = make('fieldset', { id: 'lesson-question' }, make('legend', {}, question));
    choices.forEach(({ words }, i) => {
      const radio = make('input', { type: 'radio', name: 'prediction', value: String(i) });
      radio.addEventListener('change', () => this.#predict(i));
      asked.append(make('label', { className: 'choice' }, radio, make('span', {}, words)));
    });
    const back = make('button', { className: 'button', id: 'lesson-back', type: 'button' }, 'Back');
    back.disabled = this.#at === 0;
    back.addEventListener('click', () => this.#goBack());
    this.#run = make('button', { className: 'button primary', id: 'lesson-run', type: 'button' });
    this.#run.addEventListener('click', () => void this.#act());
    this.#next = make('button', { className: 'button', id: 'lesson-next', type: 'button' });
    this.#next.addEventListener('click', () => this.#goOn());
    this.#told = make('div', { className: 'told', id: 'lesson-told', tabIndex: -1 });
    this.#told.setAttribute('role', 'status');
    const leave = make('a', { href: './index.html' }, 'Leave');
    // With the flow's settings as they are by then.
    leave.addEventListener('click', () => {
      leave.href = `./index.html#${encodeShare(settingsOf(this.#state))}`;
    });
    this.#card.replaceChildren(
      make(
        'p',
        { className: 'small muted', id: 'lesson-place' },
        `Step ${this.#at + 1} of ${steps.length}, ${minutes} min of ${minutesOf(this.#lesson)}`,
      ),
      heading,
      make('h3', { id: 'lesson-step' }, this.#step.title),
      ...text.map((words) => make('p', {}, words)),
      asked,
      make('div', { className: 'row' }, this.#run, back, this.#next),
      this.#told,
      make(
        'p',
        { className: 'small ways' },
        make('a', { href: './index.html?lesson' }, 'All lessons'),
        make('a', { href: sheetLink(this.#name) }, 'Teacher’s sheet'),
        leave,
      ),
    );
    this.#card.scrollTop = 0;
    this.#show();
  }

  /** Buttons for what can be done now. */
  #show(): void {
    const { phase } = this.#state;
    const isOff = phase === 'off';
    const isReady = phase !== 'starting' && !isOff;
    const isChosen = this.#picks[this.#at] !== undefined || this.#chosen !== undefined;
    const isTraining = this.#phase === 'running' && phase === 'training';
    this.#run.disabled = !isReady || !isChosen || (this.#phase === 'running' && this.#step.do === 'look');
    setText(this.#run, this.#runWords(isTraining));
    this.#run.classList.toggle('primary', this.#phase !== 'told');
    this.#next.classList.toggle('primary', this.#phase === 'told');
    const isLast = this.#at === this.#lesson.steps.length - 1;
    setText(this.#next, isLast ? 'Finish' : 'Next');
    this.#next.disabled = this.#phase !== 'told' && !isOff;
    for (const radio of this.#radios) radio.disabled = this.#phase !== 'predicting';
    if (isOff && this.#phase !== 'told') this.#tell([this.#failure]);
  }

  #runWords(isTraining: boolean): string {
    if (this.#phase === 'told') return 'Start anew';
    if (this.#step.do === 'look') return 'Show me';
    if (isTraining) return 'Pause';
    return this.#phase === 'running' ? 'Go on' : 'Train and see';
  }

  get #radios(): HTMLInputElement[] {
    return [...this.#card.querySelectorAll<HTMLInputElement>('[name="prediction"]')];
  }

  get #chosen(): number | undefined {
    const value = this.#radios.find(({ checked }) => checked)?.value;
    return value === undefined ? undefined : Number(value);
  }

  #predict(choice: number): void {
    this.#picks = { ...this.#picks, [this.#at]: { choice, isRight: false } };
    this.#show();
  }

  /** The button of the step: run it, hold it, or start it anew. */
  async #act(): Promise<void> {
    if (this.#phase === 'told') {
      this.#restart(this.#at);
    } else if (this.#step.do === 'look') {
      this.#phase = 'running';
      this.#show();
      await this.#reveal();
    } else if (this.#state.phase === 'training') {
      this.#guide.pause();
    } else {
      this.#phase = 'running';
      this.#guide.train();
      this.#show();
    }
  }

  #heard(): void {
    this.#show();
    if (this.#phase === 'running' && this.#step.do === 'train' && this.#state.phase === 'done') {
      void this.#reveal();
    }
  }

  get #failure(): string {
    const { phase, run } = this.#state;
    return say(FAILURES, {
      isOff: phase === 'off',
      hasDiverged: run.hasDiverged,
      isChanged: this.#isChanged,
    });
  }

  /** Says what the run has shown. */
  async #reveal(): Promise<void> {
    const at = this.#at;
    const [point, stray] = [await this.#look(), await this.#stray()];
    if (at !== this.#at || this.#phase !== 'running') return;
    const failure = this.#failure;
    this.#phase = 'told';
    if (failure !== '') {
      this.#tell([failure]);
      this.#show();
      return;
    }
    this.#known = learned(this.#known, { state: this.#state, point, stray }, this.#step.name);
    const { choices, reveal } = this.#step;
    const known = this.#known;
    const right = choices.findIndex(
      (choice) => choice.right === true || (choice.right !== undefined && holds(choice.right, known)),
    );
    const { choice } = this.#picks[at] ?? { choice: -1 };
    this.#picks = { ...this.#picks, [at]: { choice, isRight: choice === right } };
    const outcome = say(PREDICTIONS, { chosen: choices[choice]?.words ?? '', right: choices[right]?.words });
    const words = reveal
      .filter((each) => each.if === undefined || holds(each.if, known))
      .flatMap((each) => filled(each.words, known) ?? [])[0];
    this.#tell([outcome, words ?? '']);
    this.#keep();
    this.#show();
    this.#told.scrollIntoView({ block: 'nearest' });
  }

  #tell(sentences: readonly string[]): void {
    this.#told.replaceChildren(...sentences.filter(Boolean).map((words) => make('p', {}, words)));
  }

  #goOn(): void {
    if (this.#at < this.#lesson.steps.length - 1) {
      this.#enter(this.#at + 1);
      this.#card.querySelector<HTMLElement>('#lesson-title')?.focus({ preventScroll: true });
      return;
    }
    const picks = Object.values(this.#picks);
    const right = picks.filter(({ isRight }) => isRight).length;
    const facts = { right, predicted: picks.length };
    this.#told.append(make('p', { id: 'lesson-end' }, say(SCORES, facts)));
    this.#next.disabled = true;
    this.#told.scrollIntoView({ block: 'end' });
  }

  #goBack(): void {
    this.#restart(this.#at - 1);
  }

  /** Goes to the step that set the page for this one. */
  #restart(index: number): void {
    const first = this.#lesson.steps.slice(0, index + 1).findLastIndex(({ state }) => state !== undefined);
    const from = Math.max(0, first);
    this.#picks = Object.fromEntries(Object.entries(this.#picks).filter(([step]) => Number(step) < from));
    this.#enter(from);
  }

  /** The step's point on its way through the flow. */
  async #look(): Promise<Hovered | null> {
    const { point } = this.#step;
    if (point === undefined) return null;
    if (!(await this.#until(({ shown, next }) => shown.density !== undefined && next === undefined)))
      return null;
    const { centre, half } = this.#state.shown.density?.frame ?? { centre: [0, 0], half: [1, 1] };
    const share = (i: 0 | 1): number => ((point[i] - centre[i]) / half[i] + 1) / 2;
    const before = this.#state.hovered;
    this.#guide.engine.send({ type: 'hover', picture: 'density', at: { x: share(0), y: 1 - share(1) } });
    await this.#until(({ hovered }) => hovered !== null && hovered !== before);
    return this.#state.hovered;
  }

  /** The share of samples where fewer than 1 in 1,000 points of a toy set are; null for other data. */
  async #stray(): Promise<number | null> {
    const { learned: data, phase } = this.#state;
    if (data?.kind !== 'toy' || phase === 'off') return null;
    const { dim, sample, logDensity } = toyDensity(data.name, { noise: data.noise });
    const drawn = await this.#guide.engine
      .ask({ type: 'draw-samples', count: STRAY_POINTS, seed: 1 })
      .catch(() => undefined);
    if (drawn === undefined) return null;
    const densities = async (rows: ArrayLike<number>): Promise<number[]> => {
      const found: number[] = [];
      for (let i = 0; i < rows.length; i += dim) {
        found.push(logDensity(...Array.from({ length: dim }, (_, j) => rows[i + j] ?? NaN)));
        // The page must not stop for long.
        if (i % (100 * dim) === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      return found;
    };
    const ofData = await densities(sample(2, STREAMS.toyTest, 0, STRAY_POINTS));
    const threshold = ofData.sort((a, b) => a - b)[Math.round(EMPTIEST * STRAY_POINTS)] ?? -Infinity;
    const ofSamples = await densities(drawn.rows);
    return ofSamples.filter((value) => !(value > threshold)).length / ofSamples.length;
  }

  /** Waits for the page. @returns whether it came to that */
  async #until(isThere: (state: State) => boolean): Promise<boolean> {
    let timer: number | undefined;
    let end: (() => boolean) | undefined;
    const found = await new Promise<boolean>((resolve) => {
      timer = window.setTimeout(() => resolve(false), PATIENCE);
      end = this.#guide.store.follow(
        (state) => [state.phase === 'off' ? undefined : isThere(state)],
        ([there]) => there === false || resolve(there === true),
      );
    });
    window.clearTimeout(timer);
    end?.();
    return found;
  }

  get #key(): string {
    return `wgflow-lesson ${this.#name}`;
  }

  /** A reload comes back to the step. */
  #keep(): void {
    const progress: Progress = { at: this.#at, known: [...this.#known], picks: this.#picks };
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(progress));
    } catch {
      // Without storage, a reload starts the lesson anew.
    }
  }

  #restore(): void {
    try {
      const { at, known, picks } = JSON.parse(sessionStorage.getItem(this.#key) ?? '') as Progress;
      const before = this.#lesson.steps.slice(0, at + 1);
      this.#at = Math.max(
        0,
        before.findLastIndex(({ state }) => state !== undefined),
      );
      this.#known = new Map(known);
      this.#picks = Object.fromEntries(Object.entries(picks).filter(([step]) => Number(step) < this.#at));
    } catch {
      // Nothing was kept.
    }
  }
}
