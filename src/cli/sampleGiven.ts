/** `wgflow sample --given`: rows that share known cells. */
import { DEFAULTS, sampleGivenParts } from '../flow/questions.ts';
import { ShapeError } from '../errors.ts';
import { knownRow } from '../table/known.ts';
import { askedCodec } from './askedRows.ts';
import { commaList } from './commaList.ts';
import { columnNamesOf, contextColumns } from './contextInput.ts';
import type { ContextRows } from './contextInput.ts';
import { openFlow } from './modelInput.ts';
import type { ModelFile } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import { rowsProgress } from './progress.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import type { Session } from './session.ts';

export interface GivenSampleOptions {
  count: number;
  seed: number;
  given: string;
  out: string;
}

export async function sampleGivenRows(
  session: Session,
  model: ModelFile,
  contexts: ContextRows | undefined,
  { count, seed, given, out }: GivenSampleOptions,
): Promise<void> {
  const codec = askedCodec(model.model);
  const [context = [], ...more] = contexts?.cells ?? [];
  if (more.length > 0) {
    throw new ShapeError(
      '--context',
      `${more.length + 1} rows with --given`,
      'one',
      'Give its values, such as age=31.',
    );
  }
  const names = columnNamesOf(contextColumns(model));
  const { values, widths, known } = knownRow(codec, givenValues(given, names), '--given');
  if (known.length === codec.learned.length) {
    throw new ShapeError('--given', 'a value for each column', 'a column to draw', 'Leave one out.');
  }
  const output = await openOutput(out);
  const shown = rowsProgress(session, 'Drawing', count);
  let effectiveSize: number;
  try {
    using flow = await openFlow(session, model);
    const columns = [...codec.columns.map(({ name }) => name), ...names];
    const writer = writeRows(session, output, columns, out);
    const free = codec.learned.length - known.length;
    session.say(
      `Drawing ${free} ${free === 1 ? 'column' : 'columns'} given ${known.join(', ')}: ${DEFAULTS.sweeps} sweeps`,
    );
    const options = {
      row: values,
      ...(model.model.training?.table && { widths }),
      known,
      context: contexts?.features,
      seed,
      signal: session.signal,
    };
    const parts = sampleGivenParts(flow, count, options, (rows) => shown.update(rows));
    for (;;) {
      const part = await parts.next();
      if (part.done === true) {
        effectiveSize = part.value;
        break;
      }
      await writer.cells(codec.decodeDrawn(part.value.values).map((row) => [...row, ...context]));
    }
    shown.stop();
    await writer.end();
    await output.commit();
  } finally {
    shown.stop();
    await output.discard();
  }
  const worth = Math.round(effectiveSize);
  session.say(
    `The ${count.toLocaleString('en')} rows are worth about ${worth.toLocaleString('en')} independent ones.`,
  );
  session.emit({ event: 'effective_size', rows: count, effectiveSize });
  tellRows(session, count, out);
}

/** `city=Rome,age=31` by column. @throws {ShapeError} if a part is no value, or a column comes twice */
function givenValues(text: string, contextNames: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of commaList(text)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals < 1) {
      const advice = 'A value with a comma goes in double quotes: "city=Rome, centre",age=31.';
      throw new ShapeError('--given', part, 'values such as city=Rome,age=31', advice);
    }
    if (values.has(name)) throw new ShapeError('--given', `${name} twice`, 'one value for each column');
    if (contextNames.includes(name)) {
      throw new ShapeError(
        '--given',
        `${name}, a column of the context`,
        'other columns',
        `Give it by --context ${part}.`,
      );
    }
    values.set(name, part.slice(equals + 1).trim());
  }
  return values;
}
