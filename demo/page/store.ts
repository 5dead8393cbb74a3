/** Holds the page's state. Followers of a part are called when that part changes. */
export class Store<S> {
  #state: S;
  readonly #followers = new Set<() => void>();

  constructor(state: S) {
    this.#state = state;
  }

  get state(): S {
    return this.#state;
  }

  update(change: (state: S) => S): void {
    const next = change(this.#state);
    if (next === this.#state) return;
    this.#state = next;
    for (const look of this.#followers) look();
  }

  /** Calls `render` now, and again whenever a selected value changes. @returns what ends it */
  follow<const T extends readonly unknown[]>(
    select: (state: S) => T,
    render: (values: NoInfer<T>) => void,
  ): () => boolean {
    let shown: T | undefined;
    const look = (): void => {
      const values = select(this.#state);
      if (shown !== undefined && values.every((value, i) => Object.is(value, shown?.[i]))) return;
      shown = values;
      render(values);
    };
    this.#followers.add(look);
    look();
    return () => this.#followers.delete(look);
  }
}
