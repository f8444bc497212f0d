/** WebKit, as WebKitGTK has it: driven by WebDriver, for its driver knows neither BiDi nor the DevTools protocol. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What an expression for a promise comes to, in a page.
 * @param driver WebKitWebDriver, which starts the browser
 */
export async function evaluateInWebKit(driver: string, url: string, expression: string): Promise<string> {
  const screen = process.env.DISPLAY === undefined ? await startScreen() : undefined;
  const port = await freePort();
  const child = spawn(driver, [`--port=${port}`], {
    env: { ...process.env, ...(screen && { DISPLAY: screen.display }) },
    stdio: 'ignore',
  });
  try {
    const send = async (method: string, path: string, body?: object): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
      const { value } = (await response.json()) as { value: unknown };
      if (!response.ok) throw new Error(`WebKitWebDriver refuses ${path}: ${JSON.stringify(value)}`);
      return value;
    };
    await listening(child, () => send('GET', '/status'));
    const { sessionId } = (await send('POST', '/session', { capabilities: { alwaysMatch: {} } })) as { sessionId: string };
    const session = `/session/${sessionId}`;
    try {
      await send('POST', `${session}/timeouts`, { script: 120_000 });
      await send('POST', `${session}/url`, { url });
      const script = `const done = arguments[0]; ${expression}.then((text) => done({ text }), (error) => done({ error: String(error) }));`;
      const { text, error } = (await send('POST', `${session}/execute/async`, { script, args: [] })) as { text?: string; error?: string };
      if (text === undefined) throw new Error(error);
      return text;
    } finally {
      await send('DELETE', session);
    }
  } finally {
    await ended(child);
    if (screen !== undefined) await ended(screen.child);
  }
}

/** WebKitGTK has no mode without windows. */
async function startScreen(): Promise<{ child: ChildProcess; display: string }> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '800x600x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error('Xvfb could not be started. Install it, or set DISPLAY.', { cause })));
    child.once('exit', (code) => reject(new Error(`Xvfb ended (${code}).`)));
    child.stdio[3]?.once('data', (text: Buffer) => resolve(text.toString('utf8').trim()));
  });
  return { child, display: `:${number}` };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The driver says nowhere that it listens, so it is asked until it answers, or has ended. */
async function listening(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (cause) {
      if (child.exitCode !== null) throw new Error(`WebKitWebDriver ended (${child.exitCode}).`, { cause });
      await pause(20);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await end;
}
