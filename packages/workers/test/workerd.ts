/** Runs a built Worker on the real workerd, through miniflare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare, type WorkerOptions } from 'miniflare';

/** One record that the Worker has logged. */
export interface Logged {
  readonly message: string;
  readonly errorId: string;
  readonly report: { readonly failure: { readonly kind: string }; readonly instance?: string; readonly callsLost: number };
}

export interface Running extends AsyncDisposable {
  readonly miniflare: Miniflare;
  /** What the Worker has logged of failures. */
  readonly logged: Logged[];
  /** Sends a request straight to the socket of workerd. */
  get(path: string, init?: RequestInit): Promise<{ status: number; text: string; ms: number }>;
}

/** @param dir what the build made */
export async function start(dir: string, options: Partial<WorkerOptions> = {}): Promise<Running> {
  const logged: Logged[] = [];
  const miniflare = new Miniflare({
    modulesRoot: dir,
    modules: [
      { type: 'ESModule', path: join(dir, 'index.js'), contents: readFileSync(join(dir, 'index.js'), 'utf8') },
      { type: 'CompiledWasm', path: join(dir, 'index_bg.wasm'), contents: new Uint8Array(readFileSync(join(dir, 'index_bg.wasm'))) },
    ],
    compatibilityDate: '2026-01-01',
    durableObjects: { COUNTER: { className: 'Counter', useSQLite: true } },
    handleRuntimeStdio(stdout, stderr) {
      const record = (text: string): void => {
        if (process.env.WORKERD_LOG) process.stderr.write(text);
        for (const line of text.split('\n'))
          if (line.includes('"errorId"')) logged.push(JSON.parse(line.slice(line.indexOf('{'))) as Logged);
      };
      stdout.on('data', (chunk: Buffer) => record(String(chunk)));
      stderr.on('data', (chunk: Buffer) => record(String(chunk)));
    },
    ...options,
  } as ConstructorParameters<typeof Miniflare>[0]);
  const url = await miniflare.ready;
  return {
    miniflare,
    logged,
    async get(path, init) {
      const begin = performance.now();
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000), ...init });
      return { status: response.status, text: await response.text(), ms: performance.now() - begin };
    },
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}
