/** Runs a built Worker on the real workerd, through miniflare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare, type MiniflareOptions } from 'miniflare';

/** One record that the Worker has logged. */
export interface Logged {
  readonly message: string;
  readonly errorId: string;
  readonly report: { readonly failure: { readonly kind: string }; readonly instance?: string; readonly callsLost: number };
}

/** What miniflare gives of a Worker, without the types of the runtime. */
interface Events {
  fetch(
    url: string,
    init?: RequestInit,
  ): Promise<{
    readonly webSocket: (Pick<WebSocket, 'send' | 'addEventListener'> & { accept(): void }) | null;
    json(): Promise<unknown>;
  }>;
  scheduled(event: { readonly cron: string }): Promise<{ readonly outcome: string }>;
  queue(name: string, messages: readonly object[]): Promise<{ readonly outcome: string }>;
}

/** A Worker that runs. */
export interface Running {
  readonly miniflare: Miniflare;
  /** The fixture, or the Worker beside it, for events that no request brings. */
  events(name: 'fixture' | 'caller'): Promise<Events>;
  /** What the Worker has logged of failures. */
  readonly logged: Logged[];
  /** Sends a request straight to the socket of workerd. */
  get(path: string, init?: RequestInit): Promise<{ status: number; text: string; ms: number }>;
}

/** Options of {@link start}. */
interface StartOptions {
  /** The main module. */
  readonly main?: string;
  readonly bindings?: Record<string, string>;
  /** Another Worker beside it, which can bind it. */
  readonly caller?: { readonly script: string; readonly serviceBindings: Record<string, string>; readonly durableObjects: object };
}

/** @param dir what the build made */
export async function start(dir: string, { main = 'index.js', bindings = {}, caller }: StartOptions = {}): Promise<Running> {
  const logged: Logged[] = [];
  const compatibilityDate = '2026-01-01';
  const fixture = {
    name: 'fixture',
    modulesRoot: dir,
    modules: [
      { type: 'ESModule' as const, path: join(dir, main), contents: readFileSync(join(dir, main), 'utf8') },
      {
        type: 'CompiledWasm' as const,
        path: join(dir, 'index_bg.wasm'),
        contents: new Uint8Array(readFileSync(join(dir, 'index_bg.wasm'))),
      },
    ],
    compatibilityDate,
    bindings,
    durableObjects: { COUNTER: { className: 'Counter', useSQLite: true }, LOADED: { className: 'Loaded', useSQLite: true } },
  };
  const miniflare = new Miniflare({
    workers: [fixture, ...(caller === undefined ? [] : [{ name: 'caller', modules: true, compatibilityDate, ...caller }])],
    handleRuntimeStdio(stdout, stderr) {
      const record = (text: string): void => {
        if (process.env.WORKERD_LOG) process.stderr.write(text);
        for (const line of text.split('\n'))
          if (line.includes('"errorId"')) logged.push(JSON.parse(line.slice(line.indexOf('{'))) as Logged);
      };
      stdout.on('data', (chunk: Buffer) => record(String(chunk)));
      stderr.on('data', (chunk: Buffer) => record(String(chunk)));
    },
  } as MiniflareOptions);
  const url = await miniflare.ready;
  return {
    miniflare,
    logged,
    events: async (name) => (await miniflare.getWorker(name)) as unknown as Events,
    async get(path, init) {
      const begin = performance.now();
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000), ...init });
      return { status: response.status, text: await response.text(), ms: performance.now() - begin };
    },
  };
}
