/** What lessons and other pages of this site move on the page. */
import type { EngineClient } from './engineClient.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

export interface Guide {
  store: Store<State>;
  engine: EngineClient;
  /** A fresh flow of these settings. */
  show: (settings: Settings) => void;
  /** To the end, or to step `until`. */
  train: (until?: number) => void;
  pause: () => void;
}
