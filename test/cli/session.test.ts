import { afterEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../../src/cli/session.ts';
import { tableText } from '../../src/cli/table.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The text that `act` writes to a stream. */
function written(stream: 'stdout' | 'stderr', act: () => void): string {
  let text = '';
  const spy = vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  act();
  spy.mockRestore();
  return text;
}

const HOSTILE = 'a\u001b[2J\u0007\r\u007f\u009b2Jz';

describe('a session', () => {
  it('says nothing that steers a terminal', () => {
    const session = new Session({});
    expect(written('stderr', () => session.say(`${HOSTILE}\n\tat line 2`))).toBe(
      'a?[2J????2Jz\n\tat line 2\n',
    );
  });

  it('has events that hold any text and steer no terminal', () => {
    const session = new Session({ json: true });
    const line = written('stdout', () => session.emit({ event: 'error', message: HOSTILE }));
    expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
    expect(JSON.parse(line)).toEqual({ event: 'error', message: HOSTILE });
  });

  it('says that the current folder is gone', async () => {
    const error = Object.assign(new Error('uv_cwd'), { code: 'ENOENT', syscall: 'uv_cwd' });
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await new Session({}).run(() => Promise.reject(error))).toBe(2);
    expect(said.mock.calls.join('')).toContain('The current folder was deleted. Change to another folder.');
  });

  it('opens the device with the limits that are asked for', async () => {
    const { adapter } = await openNodeAdapter();
    const most = adapter.limits.maxStorageBufferBindingSize;
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { device } = await new Session({}).open({ maxStorageBufferBindingSize: most });
    expect(device.limits.maxStorageBufferBindingSize).toBe(most);
    device.destroy();
    await expect(new Session({}).open({ maxStorageBufferBindingSize: most + 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      available: most,
    });
  });
});

describe('a table', () => {
  it('shows no control character of its cells', () => {
    expect(tableText([['name', HOSTILE]])).toContain('│ name │ a?[2J????2Jz │');
  });
});
