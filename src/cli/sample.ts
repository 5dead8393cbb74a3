/** `wgflow sample`. */
import { ShapeError } from '../errors.ts';
import { offsetOf } from '../spec/offset.ts';
import { joined } from '../data/images/images.ts';
import type { Images } from '../data/images/images.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { columnNamesOf, contextColumns, contextRows, outsideRange } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { gridOf, imagesOfRows, levelsOf, squareColumns, wholePixels } from './images/grid.ts';
import { codecOf, dataColumns, openDensity, readModel, readModels } from './modelInput.ts';
import { tellFormulas } from './modelRows.ts';
import { openOutput } from './outputFile.ts';
import { sampleGivenRows } from './sampleGiven.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import type { Session } from './session.ts';
import { shardOf } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { tableForm } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

/** Values drawn and written at once. */
const VALUES_AT_ONCE = 2 ** 20;

export interface SampleCommandOptions extends TableOptions {
  /** Rows; with a context file, rows per row of that file. */
  count: number;
  seed: number;
  temperature: number;
  context?: string;
  /** Known cells, such as `city=Rome,age=31`. */
  given?: string;
  shard?: ShardPlace;
  /** Files of further models: rows come from each in turn. */
  ensemble?: string[];
  out: string;
}

export async function sampleCommand(
  session: Session,
  modelFile: string,
  {
    count,
    seed,
    temperature,
    context: given,
    given: known,
    ensemble = [],
    shard: place,
    out,
    ...form
  }: SampleCommandOptions,
): Promise<void> {
  const model = await readModel(modelFile);
  const others = await readModels(ensemble);
  const { signal } = session;
  const contexts = await contextRows(model, given, signal, tableForm(session, form));
  const total = count * (contexts?.cells.length ?? 1);
  for (const text of outsideRange(contextColumns(model), contexts?.cells ?? []))
    session.notice({ kind: 'warning', message: text });
  requireDistinctFiles(
    'sample',
    [['--out', out]],
    [...[modelFile, ...ensemble].map((file) => ['the model', file] as const), ['--context', given]],
  );
  tellFormulas(session, model.model);
  if (out.endsWith('.png')) requirePicture(model.model.spec, total, { known, place });
  if (known !== undefined) {
    if (place !== undefined) throw new ShapeError('sample', '--given with --shard', 'one of them');
    if (temperature !== 1 || ensemble.length > 0) {
      const found = `--given with ${temperature === 1 ? '--ensemble' : '--temperature'}`;
      throw new ShapeError('sample', found, 'one of them');
    }
    await sampleGivenRows(session, model, contexts, { count, seed, given: known, out });
    return;
  }
  const shard =
    place &&
    (await shardOf(place, total, {
      command: 'sample',
      files: [modelFile, ...ensemble],
      out,
      options: { count, seed, temperature, context: contexts?.cells },
    }));
  const { first, end } = shard?.rows ?? { first: 0, end: total };
  const output = await openOutput(out);
  try {
    using open = await openDensity(session, [model, ...others]);
    const { flow, density } = open;
    const codec = codecOf(model.model);
    const { image } = flow.spec;
    const levels = levelsOf(flow.spec);
    const isPicture = out.endsWith('.png');
    const drawn: Images[] = [];
    const columns = [...dataColumns(model.model), ...columnNamesOf(contextColumns(model))];
    const writer = writeRows(session, output, columns, out, {
      offset: offsetOf(flow.spec),
      note: shard?.note,
    });
    const width = flow.dim + flow.spec.contextDim;
    const rowsAtOnce = Math.ceil(VALUES_AT_ONCE / width);
    // Not chunksOf: its list of chunks would fill the memory for 10¹² rows.
    for (let start = first; start < end; start += rowsAtOnce) {
      signal.throwIfAborted();
      const rowsNow = Math.min(rowsAtOnce, end - start);
      const places = Array.from({ length: rowsNow }, (_, row) => Math.floor((start + row) / count));
      const context = contexts && gathered(contexts.features, flow.spec.contextDim, places);
      const samples = await density.sample(rowsNow, { seed, temperature, firstRow: start, context, signal });
      if (isPicture && image) {
        drawn.push(imagesOfRows(samples, image, levels));
        continue;
      }
      const more = contexts && places.map((place) => contexts.cells[place] ?? []);
      if (image !== undefined) await writer.rows(wholePixels(samples, levels), more);
      else if (codec === undefined) await writer.rows(samples, more);
      else await writer.cells(codec.decodeDrawn(samples).map((row, i) => [...row, ...(more?.[i] ?? [])]));
    }
    if (isPicture) {
      const { pngOf } = await import('../data/images/png.ts');
      await output.write(pngOf(gridOf(joined(drawn), contexts ? count : squareColumns(total))));
    } else await writer.end();
    await output.commit();
  } finally {
    await output.discard();
  }
  tellRows(session, end - first, out);
}

/** Images of one grid: a picture of more would be of no use. */
const MOST_PICTURED = 10_000;

/** @throws {ShapeError} when the samples are no picture */
function requirePicture(
  { image }: FlowSpec,
  total: number,
  { known, place }: { known: string | undefined; place: ShardPlace | undefined },
): void {
  if (image === undefined) {
    throw new ShapeError('--out', 'a .png file for a model of a table', 'a CSV file, or a model of images');
  }
  if (known !== undefined || place !== undefined) {
    const other = known === undefined ? '--shard' : '--given';
    throw new ShapeError('sample', `${other} with a .png file`, 'a CSV file');
  }
  if (total >= 1 && total <= MOST_PICTURED) return;
  throw new ShapeError('--count', `${total} images for a picture`, `1 to ${MOST_PICTURED}`);
}

/** The rows of `rows` [*, width] at these indices. */
function gathered(rows: Float32Array, width: number, places: readonly number[]): Float32Array {
  const found = new Float32Array(width * places.length);
  places.forEach((place, row) => {
    found.set(rows.subarray(place * width, (place + 1) * width), row * width);
  });
  return found;
}
