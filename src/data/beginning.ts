/** Reads the first lines of a text table: its comments and its delimiter. */
import { DELIMITERS, findDelimiter, splitsEvenly } from './delimiter.ts';
import { MISSING_VALUE, NUMBER } from './numberText.ts';

/** A line that is not blank, trimmed, and its number. */
export interface TextLine {
  text: string;
  line: number;
}

/** The lines of a text without blank ones; a line break inside quotes does not end a line, except in a comment. */
export function linesOf(text: string): TextLine[] {
  const lines: TextLine[] = [];
  let line = 1;
  for (const [whole, content = ''] of text.matchAll(LINE)) {
    if (content.trim() !== '') lines.push({ text: content.trim(), line });
    line += whole.match(LINE_BREAK)?.length ?? 0;
  }
  return lines;
}

/** What the first lines of a text say about it. */
export interface Beginning {
  /** Comments above the table. */
  above: TextLine[];
  delimiter: string;
  /** Whether # may begin a cell of the first column, which has text. */
  hasHashCells: boolean;
}

/** @param lines the first lines, whole */
export function beginningOf(lines: readonly TextLine[]): Beginning {
  const start = lines.findIndex((line) => !isHashed(line));
  if (start < 0 && !DELIMITERS.some((at) => splitsEvenly(textsOf(lines), at))) {
    return { above: [...lines], delimiter: ',', hasHashCells: false };
  }
  const above = start < 0 ? [] : lines.slice(0, start);
  const table = lines.slice(above.length);
  const plain = table.filter((line) => !isHashed(line));
  const body = plain.slice(1);
  const hasHashCells = body.length === 0 ? table.length > 1 : body.some(beginsWithText);
  const shown = hasHashCells ? table : plain;
  return { above, delimiter: findDelimiter(textsOf(shown.slice(0, SHOWN_LINES))), hasHashCells };
}

/** Whether a line may be a comment. */
export function isHashed({ text }: TextLine): boolean {
  return text.startsWith('#');
}

/** Lines that are enough to find the delimiter. */
const SHOWN_LINES = 50;

function textsOf(lines: readonly TextLine[]): string[] {
  return lines.map(({ text }) => text);
}

function beginsWithText({ text }: TextLine): boolean {
  const cell = firstCell(text);
  return cell !== '' && !NUMBER.test(cell) && !MISSING_VALUE.test(cell);
}

function firstCell(line: string): string {
  return (/^"?([^,;\t|\s"]*)/.exec(line)?.[1] ?? '').trim();
}

const LINE_BREAK = /\r\n|\n|\r/g;
/** A comment may have any quotes. */
const LINE = /([ \t]*#[^\r\n]*|(?:[^"\r\n]+|"[^"]*(?:"|$))*)(?:\r\n|\n|\r|$)/g;
