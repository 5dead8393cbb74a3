/** The commands that ask questions of a table: `explain`, `predict`, `impute`. */
import { Option } from 'commander';
import { explainCommand } from './explain.ts';
import type { ExplainCommandOptions } from './explain.ts';
import { imputeCommand } from './impute.ts';
import type { ImputeCommandOptions } from './impute.ts';
import { ALARM_OPTION, MODEL, P_VALUE_OPTION, ROW_CONTEXT_OPTION, TYPICAL_OPTION } from './modelCommands.ts';
import type { AddCommand, RunCommand } from './modelCommands.ts';
import * as parse from './options.ts';
import { predictCommand } from './predict.ts';
import type { PredictCommandOptions } from './predict.ts';
import type { GlobalOptions } from './session.ts';
import { SHARD_OPTION } from './shards/shard.ts';
import { TABLE } from './tableOptions.ts';

/** The options of a command, whose output has a default. */
type Given<Options> = GlobalOptions & Omit<Options, 'out'> & { out?: string };

export function addAskCommands(command: AddCommand, run: RunCommand): void {
  command(
    'explain',
    'Find odd cells: how surprising each cell is given the others of its row.',
    `wgflow explain model.safetensors data.csv --out odd.csv
wgflow explain model.safetensors data.csv --worst 20
wgflow explain model.safetensors data.csv --p-value --alarm 0.01 --out odd.csv
wgflow explain model.safetensors big.csv --in-order --out scores.csv`,
    'For each row: its line, log_prob, and odd, the column of its least likely cell. For each column: COLUMN_surprise, ' +
      '−log p of the cell given the others in nats, and COLUMN_p, the probability of a value at least as unlikely. The odd ' +
      'rows come first.',
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .option('--worst <n>', 'write only the n oddest rows', parse.integer(1))
    .addOption(
      new Option('--in-order', 'write all rows in the order of the table, in bounded memory').conflicts(
        'worst',
      ),
    )
    .addOption(P_VALUE_OPTION)
    .addOption(TYPICAL_OPTION)
    .addOption(ALARM_OPTION)
    .option('--out <file>', 'CSV file to write (default: standard output)')
    .addOption(SHARD_OPTION)
    .action((model: string, data: string, options: Given<ExplainCommandOptions>) =>
      run(options, (session) => explainCommand(session, model, data, { out: '-', ...options })),
    );

  command(
    'predict',
    'Predict one column of each row from the others.',
    `wgflow predict model.safetensors data.csv --column price --quantiles 0.05,0.5,0.95
wgflow predict model.safetensors data.csv --column city`,
    'A column of numbers or dates gets COLUMN_mean and its quantiles, such as COLUMN_0.5. A column of labels gets the ' +
      'probability of each, such as city_Rome. The table need not have the column; values that it has there do not matter.',
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .requiredOption('--column <name>', 'column to predict')
    .option('--quantiles <list>', 'quantiles between 0 and 1 (default: 0.05,0.5,0.95)', parse.shares)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .option('--out <file>', 'CSV file to write (default: standard output)')
    .addOption(SHARD_OPTION)
    .action((model: string, data: string, options: Given<PredictCommandOptions>) =>
      run(options, (session) => predictCommand(session, model, data, { out: '-', ...options })),
    );

  command(
    'impute',
    'Fill the blanks of a table with draws given the other cells of their row.',
    `wgflow impute model.safetensors gaps.csv --out filled.csv
wgflow impute model.safetensors gaps.csv --draws 5 --seed 1 --out five.csv`,
    'One blank of a row is drawn exactly, several by Gibbs sweeps. Cells that are no blanks stay as they are. With ' +
      '--draws above 1, the columns row and draw come first; analyse each draw, and pool the results.',
  )
    .argument('<model>', MODEL)
    .argument('<data>', TABLE)
    .option('--draws <k>', 'write each row k times, with other draws', parse.integer(1, 10_000), 1)
    .option('--seed <n>', 'seed of the draws', parse.integer(0), 0)
    .option('--context <values>', ROW_CONTEXT_OPTION)
    .option('--out <file>', 'CSV file to write (default: standard output)')
    .action((model: string, data: string, options: Given<ImputeCommandOptions>) =>
      run(options, (session) => imputeCommand(session, model, data, { out: '-', ...options })),
    );
}
