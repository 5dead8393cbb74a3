/** A sample at even distances of a sequence of unknown length. */

/** All items of a short sequence, else between half of `most` and `most` of them at even distances. */
export class EvenSample<Item> {
  items: Item[] = [];
  readonly #most: number;
  #seen = 0;
  #stride = 1;

  constructor(most: number) {
    this.#most = most;
  }

  add(item: Item): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.items.push(item);
    if (this.items.length < this.#most) return;
    this.items = this.items.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}
