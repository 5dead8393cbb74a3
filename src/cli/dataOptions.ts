/** Which options of `wgflow train` are for tables, and which for images. */
import { ShapeError } from '../errors.ts';
import { IMAGE_PRESETS, PRESETS } from '../presets/index.ts';
import type { TrainOptions } from './trainOptions.ts';

/** @throws {ShapeError} naming the first option that makes no sense for the data */
export function checkDataOptions(options: TrainOptions, areImages: boolean): void {
  const { preset } = options;
  const [wrong, data, known] = areImages
    ? [tableOptions(options), 'images', IMAGE_PRESETS]
    : [imageOptions(options), 'a table', PRESETS];
  for (const [option, value] of Object.entries(wrong)) {
    if (value === undefined) continue;
    const words = areImages ? 'an option of tables' : 'an option of images';
    throw new ShapeError('train', `${option} with ${data}`, 'one of them', `It is ${words}.`);
  }
  if (preset === undefined || Object.hasOwn(known, preset)) return;
  throw new ShapeError('--preset', `${preset} with ${data}`, Object.keys(known).join(', '));
}

function imageOptions({
  labels,
  shrink,
  mirror,
  levels,
  depth,
  width,
}: TrainOptions): Record<string, unknown> {
  return {
    '--labels': labels,
    '--shrink': shrink,
    '--mirror': mirror,
    '--levels': levels,
    '--depth': depth,
    '--width': width,
  };
}

function tableOptions(options: TrainOptions): Record<string, unknown> {
  const { columns, context, weights, couplings, hidden, residualBlocks, domain, types, base } = options;
  return {
    '--columns': columns,
    '--context': context,
    '--weights': weights,
    '--couplings': couplings,
    '--hidden': hidden,
    '--residual-blocks': residualBlocks,
    '--domain': domain,
    '--types': types,
    '--base': base,
  };
}
