/** Light or dark: the system's preference until the visitor chooses. */
import { byId, setText } from './dom.ts';

import type { Theme } from './state.ts';

const KEY = 'wgflow-theme';

export class ThemeSwitch {
  readonly #button = byId('theme', HTMLButtonElement);
  readonly #system = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #changed: (theme: Theme) => void;

  constructor(changed: (theme: Theme) => void) {
    this.#changed = changed;
    const chosen = stored();
    if (chosen !== undefined) document.documentElement.dataset['theme'] = chosen;
    this.#button.addEventListener('click', () => this.#choose(this.theme === 'dark' ? 'light' : 'dark'));
    this.#system.addEventListener('change', () => this.#show());
    setText(this.#button, this.theme === 'dark' ? 'Light' : 'Dark');
  }

  get theme(): Theme {
    const chosen = document.documentElement.dataset['theme'];
    if (chosen === 'light' || chosen === 'dark') return chosen;
    return this.#system.matches ? 'dark' : 'light';
  }

  #choose(theme: Theme): void {
    document.documentElement.dataset['theme'] = theme;
    try {
      if (window.top === window) localStorage.setItem(KEY, theme);
    } catch {
      // Without storage, the choice lasts as long as the page.
    }
    this.#show();
  }

  #show(): void {
    setText(this.#button, this.theme === 'dark' ? 'Light' : 'Dark');
    this.#changed(this.theme);
  }
}

function stored(): Theme | undefined {
  // A page inside another page keeps nothing.
  if (window.top !== window) return undefined;
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}
