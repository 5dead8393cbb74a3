/** The command line where npm installs it globally, or for npx. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { link, PackedPackage } from './packedPackage.ts';

const SOFTWARE_ADAPTER = '@sparticuz/chromium';
const usesDawn = (globalThis.navigator as Navigator | undefined)?.gpu === undefined;

let wgflow: PackedPackage;
let home: string;

beforeAll(async () => {
  wgflow = await PackedPackage.create();
  home = wgflow.folder('home');
  wgflow.install(join(home, 'lib'), { isGlobal: true, without: [SOFTWARE_ADAPTER] });
});

afterAll(() => wgflow.remove());

function folderOfUser(name: string): string {
  const folder = join(home, name);
  mkdirSync(folder);
  return folder;
}

/** `wgflow info`, or another command, of the wgflow below `root`. */
function info(
  cwd: string,
  {
    root = join(home, 'lib'),
    prefix = '',
    command = 'info',
  }: { root?: string; prefix?: string; command?: string } = {},
): { code: number | null; text: string } {
  const bin = join(root, 'node_modules', 'wgflow', 'bin', 'wgflow.js');
  const noDriver = join(home, 'no-driver.json');
  const env = {
    ...process.env,
    WGFLOW_ADAPTER: 'swiftshader',
    npm_config_prefix: prefix,
    VK_DRIVER_FILES: noDriver,
    VK_ICD_FILENAMES: noDriver,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, command], { cwd, env });
  return { code: status, text: `${stdout.toString()}${stderr.toString()}` };
}

describe.runIf(usesDawn)('wgflow that is installed globally, or run by npx', () => {
  it.runIf(process.platform === 'linux' && process.arch === 'x64')('runs without a GPU', () => {
    const root = folderOfUser('whole');
    wgflow.install(root, { isGlobal: true });
    const { code, text } = info(folderOfUser('anywhere'), { root });
    expect(text).toMatch(/SwiftShader/);
    expect(code).toBe(0);
  });

  it('finds Dawn where the software adapter was left out', () => {
    const { code, text } = info(folderOfUser('bare'));
    // SwiftShader is requested but not installed: Dawn has looked for it.
    expect(text).toContain('Dawn found no software adapter');
    expect(text).toContain(`with npm i -g webgpu ${SOFTWARE_ADAPTER}.`);
    expect(code).toBe(3);
    const doctor = info(folderOfUser('ill'), { command: 'doctor' });
    expect(doctor.text).toMatch(/│ no +│ Software adapter +│ Dawn found no software adapter/);
    expect(doctor.text).toContain(
      `Software adapter: For a software adapter (Linux x64), with npm i -g webgpu ${SOFTWARE_ADAPTER}.`,
    );
    expect(doctor.code).toBe(3);
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'takes the software adapter that this advice installs',
    () => {
      const folder = folderOfUser('advised');
      link(SOFTWARE_ADAPTER, join(folder, 'node_modules'));
      const { code, text } = info(folder);
      expect(text).toMatch(/SwiftShader/);
      expect(code).toBe(0);
    },
  );

  it('takes Dawn from the current folder where its own was left out, and else says how to get it', () => {
    rmSync(join(home, 'lib', 'node_modules', 'wgflow', 'node_modules', 'webgpu'));
    const without = info(folderOfUser('omitted'));
    expect(without.text).toMatch(
      /the package webgpu is not installed\. Install it, .*, with npm i -g webgpu /,
    );
    expect(without.code).toBe(3);
    const folder = folderOfUser('project');
    link('webgpu', join(folder, 'node_modules'));
    expect(info(folder).text).toContain('Dawn found no software adapter');
  });

  it('takes Dawn from where npm installs globally, and from next to itself', () => {
    const prefix = folderOfUser('prefix');
    link('webgpu', join(prefix, 'lib', 'node_modules'));
    expect(info(folderOfUser('by-npx'), { prefix }).text).toContain('Dawn found no software adapter');
    link('webgpu', join(home, 'lib', 'node_modules'));
    expect(info(folderOfUser('by-sibling')).text).toContain('Dawn found no software adapter');
  });

  it('of a project advises to install into the folder where the user works', () => {
    const root = folderOfUser('own');
    cpSync(join(home, 'lib', 'node_modules', 'wgflow'), join(root, 'node_modules', 'wgflow'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    writeFileSync(join(root, 'package.json'), '{}');
    const { text } = info(folderOfUser('elsewhere'), { root });
    expect(text).toContain(`in the folder where you work: npm i webgpu ${SOFTWARE_ADAPTER}.`);
  });
});
