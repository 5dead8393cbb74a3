/** Keeps the run of this tab in the browser, so that it outlives a reload, and finds it again. */
import type { ClaimedRun, ModelSettings } from '../protocol.ts';
import type { DataChoice } from './dataChoice.ts';
import { byId, showToast } from './dom.ts';
import type { EngineClient, EngineEvent } from './engineClient.ts';
import { count } from './figures.ts';
import type { Run } from './run.ts';
import { defaultSettings } from './settings.ts';
import type { Look } from './settings.ts';
import { decodeShare, encodeShare, isShare } from './shareLink.ts';
import { titleOf } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

const KEY = 'wgflow-place';

/** The page's part of a kept run, without its data. */
export interface RunNotes {
  title: string;
  model: ModelSettings;
  look: Look;
  layer: number;
  origin: Exclude<State['origin'], 'page'>;
  run: Run;
  isDone: boolean;
}

/** The settings of a link as text, however it is written; empty for other addresses. The look is no part of a run. */
export function addressOf(hash: string): string {
  const { settings } = isShare(hash) ? decodeShare(hash) : {};
  return settings === undefined ? '' : encodeShare({ ...settings, look: defaultSettings().look });
}

export class RunKeeper {
  readonly #engine: EngineClient;
  readonly #store: Store<State>;
  readonly #toast = byId('notice-run', HTMLElement);
  /** The settings of the flow that trains; the page may show others by now. */
  #chosen: Pick<State, 'data' | 'model'> | undefined;
  #keptData: DataChoice | undefined;
  /** The step of a snapshot that waits until the page has all losses before it. */
  #dueAt = Infinity;
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
    const claimed = await this.#engine.ask({ type: 'claim-place', own, address: addressOf(location.hash) });
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
    if (event.type === 'snapshot') this.#dueAt = event.step;
    const { step = 0 } = this.#store.state.run.last ?? {};
    if ((event.type === 'progress' && step >= this.#dueAt) || event.type === 'stopped') this.#keep();
  }

  #keep(): void {
    const { origin, look, layer, run, phase, next } = this.#store.state;
    this.#dueAt = Infinity;
    // The model of a requested flow has made no step yet.
    if (!this.#canKeep || this.#chosen === undefined || origin === 'page' || next !== undefined) return;
    const { data, model } = this.#chosen;
    const title = titleOf(this.#store.state);
    const notes: RunNotes = { title, model, look, layer, origin, run, isDone: phase === 'done' };
    const isNew = data !== this.#keptData;
    this.#keptData = data;
    const address = addressOf(location.hash);
    this.#engine.send({
      type: 'keep',
      address,
      notes,
      ...(isNew && { data: { ...data, reading: undefined } }),
    });
  }

  /** Offers a run that this page's link hides. */
  #offer({ place, notes }: NonNullable<ClaimedRun['other']>): void {
    const { title, run } = notes as RunNotes;
    const { last, steps } = run;
    this.tell(`Another run is kept here: ${title}, at step ${count(last?.step ?? 0)} of ${count(steps)}.`);
    const button = byId('continue-run', HTMLButtonElement);
    button.hidden = false;
    button.addEventListener('click', () => {
      sessionStorage.setItem(KEY, place);
      history.replaceState(null, '', location.pathname + location.search);
      location.reload();
    });
  }
}
