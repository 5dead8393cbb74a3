/** Pythons that have a package. */
import { spawnSync } from 'node:child_process';

/** A Python with a package: Debian's, or the first on the path. With WGFLOW_REQUIRE_PYTHON, there must be one. */
export function pythonWith(name: string): string | undefined {
  const python = ['/usr/bin/python3', 'python3'].find(
    (command) => spawnSync(command, ['-c', `import ${name}`]).status === 0,
  );
  if (python !== undefined) return python;
  const missing = `No python3 has ${name} (Debian: apt-get install --no-install-recommends python3-${name})`;
  if (process.env['WGFLOW_REQUIRE_PYTHON'] !== undefined) throw new Error(missing);
  console.log(`${missing}: the tests that need it do not run.`);
  return undefined;
}
