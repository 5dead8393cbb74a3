/** The commands that read a model: `sample`, `logprob`, `forward`, `inverse`, `gradients`, `check`, `inspect`, `export`. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { checkCommand } from './check.ts';
import type { CheckOptions } from './check.ts';
import { gradientsCommand } from './gradients.ts';
import { inspectCommand } from './inspect.ts';
import { logProbCommand } from './logProb.ts';
import type { LogProbOptions } from './logProb.ts';
import { mapCommand } from './mapRows.ts';
import type { MapOptions } from './mapRows.ts';
import * as parse from './options.ts';
import { sampleCommand } from './sample.ts';
import type { SampleCommandOptions } from './sample.ts';
import type { GlobalOptions, Session } from './session.ts';
import { mergeCommand } from './shards/merge.ts';
import { SHARD_OPTION } from './shards/shard.ts';
import { LABELS_OPTION, TABLE } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

/** Adds a command with a summary, examples one a line, and more words for its help. */
export type AddCommand = (name: string, summary: string, example: string, more?: string) => Command;

/** Runs the action of a command in a session of its own. */
export type RunCommand = (
  options: GlobalOptions,
  command: (session: Session) => Promise<void>,
) => Promise<void>;

export const MODEL = 'model file, written by wgflow train';
const ENSEMBLE =
  'further models of the same table, such as those of train --seeds; the density is the mean of all';
const CONTEXT_OPTION = 'context to condition on: values such as moon=upper,age=31, or a table of rows';
export const ROW_CONTEXT_OPTION =
  'context of all rows, such as moon=upper,age=31 (default: read from the columns of the data)';

export const P_VALUE_OPTION = new Option(
  '--p-value',
  'write the share of rows like the held-out ones that are at most as likely; below 0.01 is odd',
);
export const TYPICAL_OPTION = new Option(
  '--typical',
  'write the share of such rows that are as far from the median of log p: small for a row that is too likely, too',
);
export const ALARM_OPTION = new Option(
  '--alarm <rate>',
  'write yes for rows whose p-value is at most this rate of false alarms, such as 0.01, and print the threshold',
).argParser(parse.rate);

const BY_NAME =
  'Columns are matched by name, those of a context too. A table without a header must have the columns in the order of ' +
  'the training data.';

export function addModelCommands(command: AddCommand, run: RunCommand): void {
  command(
    'sample',
    'Draw rows from a model, in the units of its training data.',
    `wgflow sample model.safetensors -n 1000 > samples.csv
wgflow sample model.safetensors -n 10 --seed 7 --temperature 0.8
wgflow sample model.safetensors -n 100 --context moon=upper
wgflow sample model.safetensors -n 5 --context given.csv
wgflow sample model.safetensors -n 1000 --given city=Rome,age=31
wgflow sample images.safetensors -n 64 --out grid.png`,
  )
    .argument('<model>', MODEL)
    .requiredOption('-n, --count <n>', 'number of rows', parse.integer(0))
    .option('--seed <n>', 'seed of the rows; row r depends only on seed and r', parse.integer(0), 0)
    .option(
      '--temperature <t>',
      'multiply the spread of the latent; below 1 stays near the modes',
      parse.positiveNumber,
      1,
    )
    .option(
      '--out <file>',
      'CSV file to write, or of a model of images a .png (default: CSV to standard output)',
    )
    .option('--ensemble <models...>', ENSEMBLE)
    .option('--context <values|file>', CONTEXT_OPTION + '; a file gives n rows for each of its rows')
    .option(
      '--given <values>',
      'known cells of all rows, such as city=Rome,age=31; the others are drawn given them, by Gibbs sweeps',
    )
    .addOption(SHARD_OPTION)
    .action((model: string, options: GlobalOptions & Omit<SampleCommandOptions, 'out'> & { out?: string }) =>
      run(options, (session) => sampleCommand(session, model, { out: '-', ...options })),
    );

  command(
    'logprob',
    'Score rows: one column log_prob, in nats.',
    `wgflow logprob model.safetensors data.csv > scores.csv
wgflow logprob model.safetensors data.csv --append --p-value --alarm 0.01 --out scored.csv
wgflow logprob model.safetensors data.csv --id customer --worst 20
wgflow logprob model-1.safetensors data.csv --ensemble model-2.safetensors model-3.safetensors`,
    BY_NAME,
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .option('--ensemble <models...>', ENSEMBLE)
    .addOption(LABELS_OPTION)
    .optionsGroup('Which rows:')
    .option('--row', "write the row's number first, as the file counts its lines")
    .option('--id <column>', 'write this column of the table first')
    .option('--append', 'write all columns of the table, and the scores after them')
    .option('--worst <n>', 'write only the n least likely rows, the least likely one first', parse.integer(1))
    .optionsGroup('What a score means:')
    .option('--rank', 'write the rank of the row in this table: 1 for the least likely, the same for equals')
    .addOption(P_VALUE_OPTION)
    .addOption(TYPICAL_OPTION)
    .addOption(ALARM_OPTION)
    .optionsGroup('Output:')
    .option('--out <file>', 'CSV file to write (default: standard output)')
    .addOption(SHARD_OPTION)
    .action(
      (
        model: string,
        data: string,
        options: GlobalOptions & Omit<LogProbOptions, 'out'> & { out?: string },
      ) => run(options, (session) => logProbCommand(session, model, data, { out: '-', ...options })),
    );

  command(
    'merge',
    'Join the files of all shards of a command.',
    `wgflow logprob model.safetensors data.csv --shard 1/2 --out scores-1.csv
wgflow logprob model.safetensors data.csv --shard 2/2 --out scores-2.csv
wgflow merge scores-1.csv scores-2.csv --out scores.csv`,
    'The result is the file that the command writes without --shard. A missing or doubled shard is refused, and so is one of ' +
      'another model, table or option.',
  )
    .argument('<shards...>', 'files written with --shard, in any order')
    .option('--out <file>', 'CSV file to write (default: standard output)')
    .action((files: string[], options: GlobalOptions & { out?: string }) =>
      run(options, (session) => mergeCommand(session, files, { out: '-', ...options })),
    );

  for (const [name, summary, more, example] of [
    [
      'forward',
      'Map rows to the latent: columns z1…zd, log_det.',
      BY_NAME,
      'wgflow forward model.safetensors data.csv --out latent.csv',
    ],
    [
      'inverse',
      'Map latent rows back to the columns of the training data.',
      'It reads the columns z1…zd that forward writes, and the context columns.',
      'wgflow inverse model.safetensors latent.csv --out back.csv',
    ],
  ] as const) {
    command(name, summary, example, more)
      .argument('<model>', MODEL)
      .argument('<data>', TABLE)
      .option('--context <values>', ROW_CONTEXT_OPTION)
      .addOption(LABELS_OPTION)
      .option('--out <file>', 'CSV file to write (default: standard output)')
      .addOption(SHARD_OPTION)
      .action(
        (model: string, data: string, options: GlobalOptions & Omit<MapOptions, 'out'> & { out?: string }) =>
          run(options, (session) => mapCommand(session, name, model, data, { out: '-', ...options })),
      );
  }

  command(
    'gradients',
    'Compute the mean NLL of rows, in nats, and its gradient for every trainable tensor.',
    `wgflow gradients model.safetensors data.csv --out gradients.safetensors
wgflow gradients model.safetensors data.csv --out gradients.json`,
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .addOption(LABELS_OPTION)
    .requiredOption('--out <file>', 'file to write: JSON if its name ends in .json, else safetensors')
    .action(
      (
        model: string,
        data: string,
        options: GlobalOptions & { out: string; context?: string } & TableOptions,
      ) => run(options, (session) => gradientsCommand(session, model, data, options)),
    );

  command(
    'check',
    'Check that a model computes what it should, and that its samples are like the rows of a table.',
    `wgflow check model.safetensors held_out.csv
wgflow check model.safetensors held_out.csv --strict --json`,
    'Each line says pass or warn: round trip, log-det against a numeric Jacobian, each latent column against the base, ' +
      'energy distance between rows and samples, and the mean NLL. Rows that the model has not seen are the hardest test.',
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .addOption(LABELS_OPTION)
    .option('--seed <n>', 'seed of the samples', parse.integer(0), 0)
    .option('--strict', 'end with exit code 1 if a check warns (default: 0)')
    .action((model: string, data: string, options: GlobalOptions & CheckOptions) =>
      run(options, (session) => checkCommand(session, model, data, options)),
    );

  command(
    'inspect',
    'Print the contents of a model file or a checkpoint; needs no GPU.',
    `wgflow inspect model.safetensors
wgflow inspect model.safetensors --batch 4096 --rows 1000000`,
    'It lists the dispatches of a training step and of each pass, and what bounds them on a small and a large GPU. Memory ' +
      'and dispatches are those of the kernels of --tuning fixed.',
  )
    .argument('<model>', MODEL)
    .option(
      '--batch <n>',
      'rows of a batch, for the memory and dispatches of training',
      parse.integer(1, 2 ** 27),
      512,
    )
    .option('--rows <n>', 'rows of the training data, for their memory', parse.integer(0), 0)
    .action((model: string, options: GlobalOptions & { batch: number; rows: number }) =>
      run(options, (session) => inspectCommand(session, model, options)),
    );
}
