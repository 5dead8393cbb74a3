/** The header of an array that NumPy saved as .npy. */
import { DataError } from '../../errors.ts';
import type { ByteSource } from '../byteSource.ts';
import { isElementKind } from './numberArray.ts';
import type { ElementKind, NumberArray } from './numberArray.ts';

/** @throws {DataError} for a damaged header, or elements that are no numbers */
export async function npyArray(bytes: ByteSource, file: string): Promise<NumberArray> {
  // Magic and version take eight bytes; then comes the length of the header.
  const lead = new DataView(await bytes.slice(0, 12));
  if (lead.byteLength < 12) throw damaged(file);
  const version = lead.getUint8(6);
  if (version < 1 || version > 3) throw damaged(file);
  const [before, length] = version === 1 ? [10, lead.getUint16(8, true)] : [12, lead.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES) throw damaged(file);
  const header = new TextDecoder().decode(await bytes.slice(before, before + length));
  return {
    shape: shapeOf(header, file),
    ...elementOf(header, file),
    isFortran: /'fortran_order':\s*True/.test(header),
    start: before + length,
  };
}

const MAX_HEADER_BYTES = 2 ** 20;

function elementOf(header: string, file: string): { kind: ElementKind; isLittle: boolean } {
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const [, order = '', kind = ''] = /^([<>|=])(\w+)$/.exec(descr ?? '') ?? [];
  if (isElementKind(kind)) return { kind, isLittle: order !== '>' };
  throw new DataError(
    `found an array of ${descr === undefined ? 'records with named fields' : `the type ${JSON.stringify(descr)}`}, expected floats, integers or booleans`,
    { file },
    'Convert it by array.astype(float), or save the table as CSV or Parquet.',
  );
}

function shapeOf(header: string, file: string): number[] {
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (shape === undefined) throw damaged(file);
  return (shape.match(/\d+/g) ?? []).map(Number);
}

function damaged(file: string): DataError {
  return new DataError('found a damaged .npy header', { file }, 'Save the array again by numpy.save.');
}
