/** How numbers look in text. */

/** A decimal number, with a point and an optional exponent. Each digit matches in only one way: cells may be long. */
export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
export const NEARLY_NUMBER = /^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/;
/** Like 7,482 or 1'234'567.8 or 1,23,456: groups of digits, the last of three, with an optional decimal point. */
const GROUPED = /^[+-]?[1-9]\d{0,2}([,'’_\s])(?:\d{2,3}\1)*\d{3}(?:\.\d*)?$/;
/** Like 1.234,56 or 1.234.567 or 1 234,5: groups of digits with an optional decimal comma. */
const GROUPED_WITH_COMMA = /^[+-]?[1-9]\d{0,2}([.'’_\s])(?:\d{2,3}\1)*\d{3}(?:,\d*)?$/;
export const DECIMAL_COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?$/;
export const MISSING_VALUE = /^(?:[+-]?(?:nan|inf|infinity)|na|n\/a|null|none|\?)$/i;

/** Whether a cell is a number with thousands separators; one with only a point, like 1.234, is a decimal. */
export function isGrouped(cell: string): boolean {
  return !NUMBER.test(cell) && (GROUPED.test(cell) || GROUPED_WITH_COMMA.test(cell));
}

/** A number with thousands separators, without them. */
export function ungrouped(cell: string): string {
  const isCommaDecimal = !GROUPED.test(cell);
  const digits = cell.replace(isCommaDecimal ? /[.'’_\s]/g : /[,'’_\s]/g, '');
  return isCommaDecimal ? digits.replace(',', '.') : digits;
}

/** Whether a cell is a number with thousands separators or a decimal comma. */
export function isForeignNumber(cell: string): boolean {
  return isGrouped(cell) || DECIMAL_COMMA.test(cell);
}
