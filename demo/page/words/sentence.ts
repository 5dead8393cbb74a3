/** Sentences with the conditions under which they are true. */

/** The sentences about one thing, by name. Each is false if it is not true of the facts. */
export type Sentences<Facts> = Readonly<Record<string, (facts: Facts) => string | false>>;

/** The first sentence that is true, with its name; the last of a table must always be. */
export function firstTrue<Facts>(sentences: Sentences<Facts>, facts: Facts): { name: string; words: string } {
  for (const [name, sentence] of Object.entries(sentences)) {
    const words = sentence(facts);
    if (words !== false) return { name, words };
  }
  throw new Error('No sentence is true of these facts.');
}

/** The first sentence that is true. */
export function say<Facts>(sentences: Sentences<Facts>, facts: Facts): string {
  return firstTrue(sentences, facts).words;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
