/** The optional packages that read Parquet. Node only. */
import { pathToFileURL } from 'node:url';
import type * as Hyparquet from 'hyparquet';
import type * as Compressors from 'hyparquet-compressors';
import { DataError } from '../errors.ts';
import { installAdvice, resolvePackage } from '../optionalPackage.ts';
import type { ParquetPackages } from './parquetRecords.ts';

/** @throws {DataError} if they are not installed; `file` is the Parquet file that needs them */
export async function parquetPackages(file: string): Promise<ParquetPackages> {
  const reader = await optional<typeof Hyparquet>('hyparquet', file);
  const { compressors } = await optional<typeof Compressors>('hyparquet-compressors', file);
  return { reader, compressors: Object.fromEntries(Object.entries(compressors).map(withEmptyPages)) };
}

/** Some decompressors refuse pages without bytes, which a column of nulls has. */
function withEmptyPages([codec, unpack]: [string, Unpack]): [string, Unpack] {
  return [codec, (page, size) => (size === 0 ? new Uint8Array() : unpack(page, size))];
}

type Unpack = NonNullable<Hyparquet.Compressors[Hyparquet.CompressionCodec]>;

async function optional<Package>(name: string, file: string): Promise<Package> {
  const entry = resolvePackage(name);
  if (entry === undefined) {
    throw new DataError(
      `found a Parquet file, but the package ${name} is not installed`,
      { file },
      `Install it, ${installAdvice('hyparquet', 'hyparquet-compressors')}.`,
    );
  }
  return (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as Package;
}
