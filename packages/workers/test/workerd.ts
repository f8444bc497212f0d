/** Runs a built Worker on the real workerd, through miniflare. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Miniflare, type MiniflareOptions } from 'miniflare';
import { expect } from 'vitest';

/** One record that the Worker has logged. */
export interface Logged {
  readonly message: string;
  readonly errorId: string;
  readonly report: {
    readonly failure: { readonly kind: string };
    readonly recovery: string;
    readonly instance?: string;
    readonly callsLost: number;
  };
}

/** What the Worker has said of a state that was not kept. */
export interface NotKept {
  readonly object: string;
  readonly action: string;
  readonly reason: string;
}

/** What miniflare gives of a Worker, without the types of the runtime. */
interface Events {
  fetch(
    url: string,
    init?: RequestInit,
  ): Promise<{
    readonly status: number;
    text(): Promise<string>;
    readonly webSocket: (Pick<WebSocket, 'send' | 'addEventListener'> & { accept(): void }) | null;
    json(): Promise<unknown>;
  }>;
  scheduled(event: { readonly cron: string }): Promise<{ readonly outcome: string }>;
  queue(name: string, messages: readonly object[]): Promise<{ readonly outcome: string }>;
}

/** What miniflare gives of a class of Durable Objects. */
interface Objects {
  idFromName(name: string): unknown;
  get(id: unknown): Pick<Events, 'fetch'>;
}

/** A Worker that runs. */
export interface Running {
  readonly miniflare: Miniflare;
  readonly url: URL;
  /** The fixture, or the Worker beside it, for events that no request brings. */
  events(name: 'fixture' | 'caller'): Promise<Events>;
  /** The Durable Objects of a binding, without the Worker's own fetch handler before them. */
  objects(binding: string): Promise<Objects>;
  /** What the Worker has logged of failures. Lines arrive some time after the response that they belong to. */
  readonly logged: readonly Logged[];
  /** What it has said of states that were not kept. Lines arrive some time later. */
  readonly notKept: readonly NotKept[];
  /** What it has written on lines that begin with `told `, as JSON. */
  readonly told: readonly unknown[];
  /** What workerd has warned of. */
  readonly warnings: readonly string[];
  /** What the Worker has logged of all failures so far. Aborts the instance that serves requests, to see when the lines before have arrived. */
  loggedSoFar(): Promise<readonly Logged[]>;
  /** Sends a request straight to the socket of workerd. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The same, with what is read of the response. */
  get(path: string, init?: RequestInit): Promise<Answer>;
  /**
   * Starts a timer in a Durable Object that nothing else happens to. Gives what waits for answers, and fails where that timer fires before they have
   * come.
   */
  startTimer(): Promise<(answers: readonly Promise<Answer>[]) => Promise<Answer[]>>;
  /** Waits until so many calls wait within Rust, in the instance that serves requests, or in that of the object `name`. */
  untilWaiting(calls: number, name?: string): Promise<void>;
}

/** What a request gets. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Options of {@link start}. */
export interface StartOptions {
  /** The main module. */
  readonly main?: string;
  readonly bindings?: Record<string, string>;
  /** A class of Durable Objects that isn't backed by SQLite. */
  readonly keyValue?: string;
  /** The folder that storage of Durable Objects and of KV is in, and stays in when the Worker ends. */
  readonly persist?: string;
  /** Its classes of Durable Objects, each bound by its name in capitals. Default: those of the fixture. */
  readonly classes?: readonly string[];
  /** Whether there are Workflows, of the class `Flow`. */
  readonly workflows?: boolean;
  /** The binding of a dataset of Workers Analytics Engine. */
  readonly analytics?: string;
  /** Default: any that is free. */
  readonly port?: string;
  /** Another Worker beside it, which can bind it. */
  readonly caller?: {
    readonly script: string;
    readonly serviceBindings: Record<string, string | { readonly name: string; readonly entrypoint: string }>;
    readonly durableObjects: object;
  };
}

const CLASSES = ['Counter', 'Kept', 'Ledger', 'Loaded'];

/** @param dir what the build made */
export async function start(
  dir: string,
  { main = 'index.js', bindings = {}, keyValue, persist, port, analytics, classes = CLASSES, workflows = false, caller }: StartOptions = {},
): Promise<Running> {
  const logged: Logged[] = [];
  const notKept: NotKept[] = [];
  const told: unknown[] = [];
  const warnings: string[] = [];
  /** What workerd writes before the Worker runs: why it doesn't. */
  const starting: string[] = [];
  let isReady = false;
  const compatibilityDate = '2026-01-01';
  const fixture = {
    name: 'fixture',
    modulesRoot: dir,
    modules: [
      ...[...new Set([main, 'index.js'])]
        .filter((name) => existsSync(join(dir, name)))
        .map((name) => ({ type: 'ESModule' as const, path: join(dir, name), contents: readFileSync(join(dir, name), 'utf8') })),
      {
        type: 'CompiledWasm' as const,
        path: join(dir, 'index_bg.wasm'),
        contents: new Uint8Array(readFileSync(join(dir, 'index_bg.wasm'))),
      },
    ],
    compatibilityDate,
    bindings,
    kvNamespaces: ['CRASHED'],
    ...(workflows && { workflows: { FLOW: { name: 'flow', className: 'Flow' } } }),
    ...(analytics !== undefined && { analyticsEngineDatasets: { [analytics]: { dataset: 'failures' } } }),
    durableObjects: Object.fromEntries(
      classes.map((className) => [className.toUpperCase(), { className, useSQLite: className !== keyValue }]),
    ),
  };
  const miniflare = new Miniflare({
    workers: [fixture, ...(caller === undefined ? [] : [{ name: 'caller', modules: true, compatibilityDate, ...caller }])],
    ...(port !== undefined && { port: Number(port) }),
    ...(persist !== undefined && { durableObjectsPersist: join(persist, 'objects'), kvPersist: join(persist, 'kv') }),
    handleRuntimeStdio(...streams: Readable[]) {
      for (const input of streams) {
        createInterface({ input }).on('line', (line) => {
          if (process.env.WORKERD_LOG) process.stderr.write(`${line}\n`);
          if (!isReady) starting.push(line);
          if (line.startsWith('Warning: ')) warnings.push(line);
          if (line.startsWith('told ')) told.push(JSON.parse(line.slice(5)));
          if (line.includes('"action"')) notKept.push(JSON.parse(line.slice(line.indexOf('{'))) as NotKept);
          if (line.includes('"errorId"')) logged.push(JSON.parse(line.slice(line.indexOf('{'))) as Logged);
        });
      }
    },
  } as MiniflareOptions);
  const url = await miniflare.ready.catch(async (cause: Error) => {
    await miniflare.dispose().catch(() => undefined);
    throw new Error([cause.message, ...starting].join('\n'), { cause });
  });
  isReady = true;
  const request: Running['fetch'] = (path, init) => fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000), ...init });
  const get: Running['get'] = async (path, init) => {
    const response = await request(path, init);
    return { status: response.status, text: await response.text() };
  };
  const untilWaiting: Running['untilWaiting'] = async (calls, name) => {
    const waiting = async (): Promise<unknown> => {
      const { text } = await get(name === undefined ? '/waiting' : `/object/${name}/`);
      return name === undefined ? Number(text) : JSON.parse(text).waiting;
    };
    await expect.poll(waiting).toBe(calls);
  };
  const objects: Running['objects'] = async (binding) =>
    (await miniflare.getDurableObjectNamespace(binding, 'fixture')) as unknown as Objects;
  return {
    miniflare,
    url,
    objects,
    logged,
    notKept,
    told,
    warnings,
    fetch: request,
    get,
    untilWaiting,
    events: async (name) => (await miniflare.getWorker(name)) as unknown as Events,
    async loggedSoFar() {
      const { text } = await get('/abort');
      const mark = (): number => logged.findIndex(({ errorId }) => text.includes(errorId));
      await expect.poll(mark).toBeGreaterThanOrEqual(0);
      return logged.slice(0, mark());
    },
    async startTimer() {
      const name = randomUUID();
      const counters = await objects('COUNTER');
      // Not by way of the instance that serves requests, which may be lost.
      const timer = counters.get(counters.idFromName(name)).fetch('http://object/wait-5000');
      const fired = timer.then((): never => {
        throw new Error('The timer has fired before the answers have come.');
      });
      fired.catch(() => undefined);
      await untilWaiting(1, name);
      return (answers) => Promise.race([Promise.all(answers), fired]);
    },
  };
}
