import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../src/options.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, NO_COLOR: '1' } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('npm run demo -- --once', () => {
  test('prints what came of the requests in Node.js and on workerd, and ends with 0 where nothing was let down [I1, I2, I5]', async () => {
    const { code, stdout, stderr } = await run('--once', '--requests', '60');
    expect(code, stderr + stdout).toBe(0);
    const [inNode = '', onWorkerd = ''] = stdout.split('On workerd: ');
    expect(inNode).toContain('60 requests');
    expect(onWorkerd).toContain('20 requests');
    for (const part of [inNode, onWorkerd]) {
      for (const panic of ['abort', 'unwind']) {
        expect(part).toMatch(new RegExp(`panic=${panic} +plain wasm-bindgen +\\d+ served`));
        // One line for fresh instances, one for rollback.
        expect(part.match(new RegExp(`panic=${panic} +wasm-revive.* 0 collateral, 0 hung`, 'g'))).toHaveLength(2);
      }
    }
    expect(stdout).toContain('✓ wasm-revive: no good request failed');
  }, 300_000);
});

describe('the command line', () => {
  test('serves the page unless it says --once', () => {
    expect(parseOptions([])).toEqual({ do: 'page', panic: 'abort', port: 4870, seed: 2026 });
    expect(parseOptions(['--panic', 'unwind', '--port', '0'])).toMatchObject({ panic: 'unwind', port: 0 });
    expect(parseOptions(['--once', '--uncaught', 'die'])).toEqual({ do: 'once', count: 600, seed: 2026, uncaught: 'die' });
  });

  test.each([
    [['--requests', '5'], '--requests is for the table, with --once.'],
    [['--once', '--port', '5'], '--port is for the page, without --once.'],
    [['--panic', 'often'], '--panic is abort or unwind, not "often".'],
    [['--port', 'x'], '--port takes a whole number from 0, not "x".'],
  ])('%s is refused, and how it is used is said', (args, message) => {
    expect(parseOptions(args)).toMatch(new RegExp(`^${message}\n\nUsage: npm run demo`));
  });

  test('a port that is taken is said, and nothing is started', async () => {
    const server = (await import('node:http')).createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const { code, stdout, stderr } = await run('--port', String(port));
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`Port ${port} is taken.`);
    } finally {
      server.close();
    }
  });
});
