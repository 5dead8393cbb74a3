/** Tables for people, at most as wide as their terminal. */
import CliTable from 'cli-table3';
import { printable } from '../spec/strictJson.ts';

const NARROWEST = 20;

/** Columns of text. The last column wraps if the terminal is too narrow. */
export function tableText(rows: readonly (readonly (string | number)[])[], head?: readonly string[]): string {
  const lines = [...(head === undefined ? [] : [head]), ...rows].map((row) =>
    row.map((cell) => printable(String(cell))),
  );
  const columns = lines[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((row) => (row[column] ?? '').length + 2)),
  );
  const others = widths.slice(0, -1);
  const room = terminalColumns() - (columns + 1) - others.reduce((sum, width) => sum + width, 0);
  const last = Math.min(widths[columns - 1] ?? 0, Math.max(NARROWEST, room));
  const table = new CliTable({
    colWidths: [...others, last],
    wordWrap: true,
    style: { head: [], border: [] },
    // Lines between the rows would double the height.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  table.push(...lines);
  const drawn = table.toString().split('\n');
  if (head !== undefined) drawn.splice(2, 0, ruleUnder(drawn[0] ?? ''));
  return drawn.join('\n');
}

/** Output for a program is not wrapped. */
function terminalColumns(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

function ruleUnder(topBorder: string): string {
  return topBorder.replace('┌', '├').replaceAll('┬', '┼').replace('┐', '┤');
}
