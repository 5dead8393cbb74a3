import { afterEach, describe, expect, it } from 'vitest';
import { tableText } from '../../src/cli/table.ts';

afterEach(() => {
  Object.defineProperties(process.stdout, terminal);
});

const terminal = {
  isTTY: { value: process.stdout.isTTY, configurable: true, writable: true },
  columns: { value: process.stdout.columns, configurable: true, writable: true },
};

describe('a table', () => {
  it('has a rule under its head and one line for each row', () => {
    expect(
      tableText(
        [
          [1, 'two'],
          ['three', 4],
        ],
        ['a', 'b'],
      ).split('\n'),
    ).toEqual([
      '┌───────┬─────┐',
      '│ a     │ b   │',
      '├───────┼─────┤',
      '│ 1     │ two │',
      '│ three │ 4   │',
      '└───────┴─────┘',
    ]);
    expect(tableText([['name', 'value']]).split('\n')).toHaveLength(3);
  });

  it('is no wider than the terminal, and as wide as it needs to be in a pipe', () => {
    const rows = [['Settings', 'batch 64, '.repeat(12)]];
    const widest = (): number =>
      Math.max(
        ...tableText(rows)
          .split('\n')
          .map((line) => line.length),
      );
    setTerminal(false, 60);
    expect(widest()).toBeGreaterThan(120);
    setTerminal(true, 60);
    expect(widest()).toBeLessThanOrEqual(60);
    expect(tableText(rows).match(/64,/g)).toHaveLength(12);
  });
});

function setTerminal(isTTY: boolean, columns: number): void {
  Object.defineProperties(process.stdout, {
    isTTY: { value: isTTY, configurable: true, writable: true },
    columns: { value: columns, configurable: true, writable: true },
  });
}
