/** Parses JSON from an untrusted file. */

/** Deeper than any wgflow or safetensors header; limits what a hostile file makes a parser build. */
const MAX_DEPTH = 16;
/** More than any header has; they bound the time that a hostile file takes. */
const MAX_KEYS = 2 ** 16;
const MAX_VALUES = 2 ** 21;

/**
 * JSON.parse that also refuses duplicate keys (parsers disagree on which one counts), names of
 * Object.prototype's members as keys, nesting deeper than 16, and more values than a header has. It takes linear time.
 * @throws {SyntaxError} saying what was found
 */
export function parseStrictJson(text: string): unknown {
  try {
    refuseKeysAndDepth(text);
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(printable(reason), { cause });
  }
}

/** `value` as JSON (undefined: `nothing`), shortened for a message and safe to print on a terminal. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const part = typeof value === 'string' ? value.slice(0, 80) : value;
  const text = printable(JSON.stringify(part) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** `text` with a question mark for every control character, including newlines: safe to print on a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function refuseKeysAndDepth(text: string): void {
  const keysOfOpenObjects: Set<string>[] = [];
  let depth = 0;
  let values = 1;
  let position = 0;
  while (position < text.length) {
    const character = text[position];
    if (character === '"') {
      const end = endOfString(text, position);
      // In JSON a colon follows a string only if the string is a key of the innermost open object.
      if (text[skipWhitespace(text, end)] === ':')
        addKey(keysOfOpenObjects.at(-1), text.slice(position, end));
      position = end;
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    if (character === ',') values += 1;
    if (depth > MAX_DEPTH) throw new SyntaxError(`nesting deeper than ${MAX_DEPTH}`);
    if (values > MAX_VALUES) throw new SyntaxError(`more than ${MAX_VALUES.toLocaleString('en')} values`);
    if (character === '{') keysOfOpenObjects.push(new Set());
    if (character === '}') keysOfOpenObjects.pop();
    position += 1;
  }
}

/** @param quoted the key as JSON */
function addKey(seen: Set<string> | undefined, quoted: string): void {
  const key = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (key in Object.prototype) throw new SyntaxError(`the reserved key ${shown(key)}`);
  if (seen?.has(key)) throw new SyntaxError(`the key ${shown(key)} twice in one object`);
  seen?.add(key);
  if (seen !== undefined && seen.size > MAX_KEYS) {
    throw new SyntaxError(`more than ${MAX_KEYS.toLocaleString('en')} keys in one object`);
  }
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

/** Whether an odd number of backslashes is before `position`. */
function isEscaped(text: string, position: number): boolean {
  let start = position;
  while (text[start - 1] === '\\') start -= 1;
  return (position - start) % 2 === 1;
}

function skipWhitespace(text: string, start: number): number {
  let position = start;
  while (' \t\n\r'.includes(text[position] ?? ':')) position += 1;
  return position;
}
