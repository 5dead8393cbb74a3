/** Keeps the run of this tab in the browser, so that it outlives a reload, and finds it again. */
import type { ClaimedRun, ModelSettings } from '../protocol.ts';
import { firstChoice, sourceOf } from './dataChoice.ts';
import type { DataChoice } from './dataChoice.ts';
import { byId, showToast } from './dom.ts';
import type { EngineClient, EngineEvent } from './engineClient.ts';
import { count } from './figures.ts';
import type { Run } from './run.ts';
import { defaultSettings } from './settings.ts';
import type { Look, Settings } from './settings.ts';
import { decodeShare, encodeShare, isShare } from './shareLink.ts';
import { titleOf, unaccountedFile } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

const KEY = 'wgflow-place';

/** The page's part of a kept run, without its data. */
export interface RunNotes {
  title: string;
  /** Steps of the model. */
  step: number;
  model: ModelSettings;
  look: Look;
  layer: number;
  origin: Exclude<State['origin'], 'page'>;
  run: Run;
  isDone: boolean;
}

/** Settings as text, however a link writes them. The look is no part of a run. */
function addressOf({ source, model }: Pick<Settings, 'source' | 'model'>): string {
  return encodeShare({ source: sourceOf(firstChoice(source)), model, look: defaultSettings().look });
}

/** The settings of the page's link; empty if it has none. */
function linkAddress(): string {
  const { settings } = isShare(location.hash) ? decodeShare(location.hash) : {};
  return settings === undefined ? '' : addressOf(settings);
}

export class RunKeeper {
  readonly #engine: EngineClient;
  readonly #store: Store<State>;
  readonly #toast = byId('notice-run', HTMLElement);
  /** The settings of the flow that trains; the page may show others by now. */
  #chosen: Pick<State, 'data' | 'model'> | undefined;
  #keptData: DataChoice | undefined;
  /** The step of the last snapshot, and whether it waits until the page has all losses before it. */
  #step = 0;
  #isDue = false;
  #canKeep = false;

  constructor(engine: EngineClient, store: Store<State>) {
    this.#engine = engine;
    this.#store = store;
  }

  /** Takes a place for this tab. @returns the run to go on with, if there is one */
  async claim(): Promise<ClaimedRun['run']> {
    // A page inside another site's page keeps nothing.
    if (window.top !== window) return null;
    const own = sessionStorage.getItem(KEY);
    const claimed = await this.#engine.ask({ type: 'claim-place', own, address: linkAddress() });
    if (claimed === null) return null;
    this.#canKeep = true;
    sessionStorage.setItem(KEY, claimed.place);
    if (claimed.isDamaged) this.tell('The run that was kept here is damaged, so the page starts anew.');
    else if (claimed.other !== null) this.#offer(claimed.other);
    return claimed.run;
  }

  /** Says something about the kept run. */
  tell(sentence: string): void {
    showToast(this.#toast, sentence);
  }

  /** The flow on the page trains with the settings on the page. @param isKept its data are kept already */
  begin({ isKept = false } = {}): void {
    const { data, model } = this.#store.state;
    this.#chosen = { data, model };
    if (isKept) this.#keptData = data;
  }

  hear(event: EngineEvent): void {
    if (event.type === 'snapshot') {
      this.#step = event.step;
      this.#isDue = true;
    }
    const { step = 0 } = this.#store.state.run.last ?? {};
    if ((this.#isDue && step >= this.#step) || event.type === 'stopped') this.#keep();
  }

  #keep(): void {
    const { origin, look, layer, run, phase, next } = this.#store.state;
    this.#isDue = false;
    // The model of a requested flow has made no step yet.
    if (!this.#canKeep || this.#chosen === undefined || origin === 'page' || next !== undefined) return;
    const { data, model } = this.#chosen;
    const title = titleOf(this.#store.state);
    const isDone = phase === 'done';
    const notes: RunNotes = { title, step: this.#step, model, look, layer, origin, run, isDone };
    const isNew = data !== this.#keptData;
    this.#keptData = data;
    // No settings make the flow of some files, so the link stays what it was.
    const isFromSettings = unaccountedFile(this.#store.state) === undefined;
    const address = isFromSettings ? addressOf({ source: sourceOf(data), model }) : linkAddress();
    this.#engine.send({
      type: 'keep',
      address,
      notes,
      ...(isNew && { data: { ...data, reading: undefined } }),
    });
  }

  /** Offers a run that this page's link hides. */
  #offer({ place, notes }: NonNullable<ClaimedRun['other']>): void {
    const { title, step, run } = notes as RunNotes;
    this.tell(`Another run is kept here: ${title}, at step ${count(step)} of ${count(run.steps)}.`);
    const button = byId('continue-run', HTMLButtonElement);
    button.hidden = false;
    button.addEventListener('click', () => {
      sessionStorage.setItem(KEY, place);
      history.replaceState(null, '', location.pathname + location.search);
      location.reload();
    });
  }
}
