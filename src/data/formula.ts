/** Text that a spreadsheet would run. */

/** It begins like a formula and calls a function or a program. */
const FORMULA = /^[=+@-].*[(|]/;

export function isFormula(text: string): boolean {
  return FORMULA.test(text);
}

/** A column that writes these texts to outputs. */
interface LabelledColumn {
  name: string;
  levels?: readonly string[];
  /** The one text of a constant. */
  text?: string;
}

/** A sentence for each column with a label that a spreadsheet would run. */
export function formulaLabels(columns: readonly LabelledColumn[]): string[] {
  return columns.flatMap(({ name, levels = [], text = '' }) => {
    const formula = [...levels, text].find(isFormula);
    if (formula === undefined) return [];
    const shown = JSON.stringify(formula.length > 40 ? `${formula.slice(0, 40)}…` : formula);
    return [
      `${name}: the label ${shown} looks like a formula, and a spreadsheet that opens an output may run it. Rename the label.`,
    ];
  });
}
