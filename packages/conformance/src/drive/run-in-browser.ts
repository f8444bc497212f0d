/** Runs the suite in a browser: a page of a server on this machine, driven by WebDriver BiDi or the DevTools protocol. */
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { launch, type Page } from 'puppeteer-core';
import type { PanicMode } from '../runner/kinds.ts';
import type { RowResult } from '../runner/run.ts';
import { programs } from './paths.ts';
import { evaluateInWebKit } from './webkit.ts';

export type BrowserName = 'chromium' | 'firefox';

/** Nothing but the page: no updates, no reports, no first-run pages. */
const ARGS: Record<BrowserName, string[]> = {
  chromium: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
  firefox: [],
};

const FIREFOX_PREFERENCES = {
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

/** Runs a package of the target `web`. @param ids rows and scenarios to run; all when not given */
export async function runInBrowser(
  name: BrowserName,
  binary: string,
  dir: string,
  panic: PanicMode,
  ids?: readonly string[],
): Promise<RowResult[]> {
  const folders = { '/suite/': programs, '/package/': dir };
  const args = `'/package/wasm_revive_fixtures.js', '${panic}', ${JSON.stringify(ids ?? null)}`;
  const run = `import('/suite/browser.js').then(({ run }) => run(${args}))`;
  return JSON.parse(await evaluateInBrowser(name, binary, folders, run)) as RowResult[];
}

/**
 * What an expression comes to, as JSON, in a page of a server that has these folders.
 * @param expression as text: a function would come through the test runner's own transform of `import()`
 */
export async function evaluateInBrowser(
  name: BrowserName | 'webkit',
  binary: string,
  folders: Readonly<Record<string, string>>,
  expression: string,
): Promise<string> {
  return withServer(folders, async (address) => {
    if (name === 'webkit') return await evaluateInWebKit(binary, address, `${expression}.then(JSON.stringify)`);
    return await inPage(name, binary, async (page) => {
      await page.goto(address);
      return (await page.evaluate(`${expression}.then(JSON.stringify)`)) as string;
    });
  });
}

/** Does something while a server has these folders. @param run gets the address of an empty page */
export async function withServer<R>(folders: Readonly<Record<string, string>>, run: (address: string) => Promise<R>): Promise<R> {
  const server = await serve(folders);
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
  }
}

/** Does something with a page of a browser that is started for it. */
export async function inPage<R>(name: BrowserName, binary: string, run: (page: Page) => Promise<R>): Promise<R> {
  const profile = mkdtempSync(join(tmpdir(), 'wasm-revive-browser-'));
  const browser = await launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath: binary,
    userDataDir: profile,
    args: ARGS[name],
    protocolTimeout: 280_000,
    ...(name === 'firefox' && { extraPrefsFirefox: FIREFOX_PREFERENCES }),
  });
  try {
    return await run(await browser.newPage());
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};

/** Files of some folders, and an empty page at `/`. */
function serve(folders: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>suite</title>');
      return;
    }
    const [prefix, folder] = Object.entries(folders).find(([prefix]) => path.startsWith(prefix)) ?? ['', ''];
    const file = join(folder, path.slice(prefix.length));
    if (folder === '' || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
