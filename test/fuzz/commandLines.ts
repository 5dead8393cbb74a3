/** Any arguments of the command line, on good and damaged files. */
import { existsSync, readdirSync } from 'node:fs';
import { EXIT } from '../../src/cli/session.ts';
import { CommandLine } from '../cli/commandLine.ts';
import { peopleFolder } from '../cli/people.ts';
import { COMPILING_CASE_MS } from './kind.ts';
import type { Kind } from './kind.ts';
import { HOSTILE } from './random.ts';
import type { Random } from './random.ts';

const COMMANDS = [
  'train',
  'sample',
  'logprob',
  'forward',
  'inverse',
  'gradients',
  'check',
  'inspect',
  'export',
  'info',
  'help',
  '',
];
const FILES = [
  'people.csv',
  'no_header.csv',
  'people.model',
  'damaged.csv',
  'damaged.model',
  'nothing',
  '.',
  'out.model',
  'out.csv',
  'run.ckpt',
  '/dev/null',
];
const NUMBERS = ['0', '1', '2', '3', '16', '-1', '0.5', '1e-9', '1e300', 'NaN', 'x', '', ' 7', '1e9', '0x8'];
const WORDS = [
  'realnvp',
  'glow',
  'spline',
  'nice',
  'vanilla',
  'moons',
  'none',
  'height',
  'height,weight',
  'age=31',
  'height=1,age=2',
  'cosine',
  'constant',
  'plateau:0.5:1',
  'exponential:0.9',
  'adam',
  'sgd',
  'fixed',
  'f16',
  'f32',
  'auto',
  'gpu',
  'yes',
  'no',
  'positive',
  'unit:height',
  'mixture:3',
  'uniform',
  'student-t:1',
  'class',
  'age=category',
  'drop',
  'error',
  'base',
  '8,8',
];
/** No option may begin work that takes long, or write elsewhere. */
const OPTIONS = [
  '--json',
  '--quiet',
  '--strict',
  '--dry-run',
  '--new-data',
  '--help',
  '--version',
  '--unknown',
  '-n',
  '-h',
  '--out',
  '--report',
  '--checkpoint',
  '--resume',
  '--from',
  '--log',
  '--context',
  '--columns',
  '--types',
  '--missing',
  '--weights',
  '--val',
  '--patience',
  '--preset',
  '--couplings',
  '--hidden',
  '--residual-blocks',
  '--base',
  '--domain',
  '--toy',
  '--noise',
  '--lr',
  '--schedule',
  '--warmup',
  '--clip',
  '--seed',
  '--optimizer',
  '--momentum',
  '--weight-decay',
  '--ema',
  '--jitter',
  '--freeze',
  '--report-every',
  '--header',
  '--encoding',
  '--precision',
  '--adapter',
  '--count',
  '--temperature',
  '--ensemble',
  '--row',
  '--id',
  '--append',
  '--rank',
  '--p-value',
  '--typical',
  '--alarm',
  '--worst',
  '--batch',
  '--rows',
  '--tuning',
  '--seeds',
];

let shared: Promise<CommandLine> | undefined;

function people(): Promise<CommandLine> {
  shared ??= peopleFolder(new CommandLine());
  return shared;
}

export const COMMAND_LINES: Kind = {
  name: 'command-lines',
  maxMs: COMPILING_CASE_MS,
  begin: people,
  async run(random) {
    const cli = await people();
    cli.write('damaged.csv', random.mutated(cli.bytes('people.csv')));
    cli.write('damaged.model', random.mutated(cli.bytes('people.model')));
    const args = argumentsOf(random);
    const where = `wgflow ${args.map((arg) => JSON.stringify(arg)).join(' ')}`;
    const { code, stdout, stderr } = await cli.runWords(args);
    const problem = outcomeProblem(code, stdout, stderr, args.includes('--json'));
    const left = readdirSync(cli.folder).filter((name) => name.endsWith('.tmp'));
    if (left.length > 0) return `${where} leaves ${left.join()}`;
    if (!existsSync(cli.path('people.csv'))) return `${where} removed people.csv`;
    return problem === undefined ? undefined : `${where}: ${problem}`;
  },
  end: () => {
    void shared?.then((cli) => cli.remove());
    shared = undefined;
  },
};

function argumentsOf(random: Random): string[] {
  const value = (): string => {
    const list = random.pick([FILES, FILES, NUMBERS, NUMBERS, WORDS, WORDS, HOSTILE]);
    return random.pick(list).replaceAll('\0', '');
  };
  const command = random.chance(0.02) ? value() : random.pick(COMMANDS);
  const args = [command];
  if (
    ['train', 'logprob', 'forward', 'inverse', 'gradients', 'check', 'sample', 'inspect', 'export'].includes(
      command,
    )
  ) {
    if (command !== 'train') args.push(random.chance(0.7) ? 'people.model' : value());
    if (!['sample', 'inspect', 'export'].includes(command))
      args.push(random.chance(0.7) ? 'people.csv' : value());
  }
  if (command === 'sample' && random.chance(0.9)) args.push('-n', random.pick(NUMBERS.slice(0, 5)));
  if (command === 'export' && random.chance(0.9)) args.push('--to', 'onnx', '--out', 'exported');
  // A run of few small steps, unless a later option asks for others.
  if (command === 'train')
    args.push('--steps', '3', '--batch', '8', '--couplings', '1', '--hidden', '4', '--tuning', 'fixed');
  for (const option of random.some(OPTIONS, 4)) {
    args.push(option);
    if (random.chance(0.85)) args.push(option === '--seeds' ? random.pick(['0', '1', '2', 'x']) : value());
  }
  // Standard input never ends here.
  return args.filter((arg) => arg !== '-');
}

const CODES: readonly (number | null)[] = Object.values(EXIT);

function outcomeProblem(
  code: number | null,
  stdout: string,
  stderr: string,
  isJson: boolean,
): string | undefined {
  if (!CODES.includes(code)) return `exit code ${code}`;
  if (/a bug in wgflow|found undefined|\[object Object\]/.test(stderr)) return stderr;
  if (code !== 0 && stderr.trim() === '' && !isJson) return `exit code ${code} without a word`;
  if (!isJson) return undefined;
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    try {
      JSON.parse(line);
    } catch {
      // --help and --version answer people.
      if (code !== 0) return `no JSON: ${line.slice(0, 200)}`;
    }
  }
  return undefined;
}
