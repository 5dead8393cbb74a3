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
  return { reader, compressors };
}

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
