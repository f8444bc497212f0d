import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { CrashReport } from '@wasm-revive/kernel';
import { buildWorker, canBuild, type PanicMode, type WorkerKind, workerOptions } from '@wasm-revive/worker-fixture';
import { Miniflare } from 'miniflare';
import { OBJECTS, type Place } from './requests.ts';

/** Every kind that can be shown on this machine, in the order in which they are shown. */
export function kindsToShow(panic: PanicMode): readonly WorkerKind[] {
  return (['plain', 'upstream', 'fresh', 'rollback'] as const).filter((kind) => canBuild(kind, panic));
}

/** Whether it is wasm-revive's. */
export function isOurs(kind: WorkerKind): boolean {
  return kind === 'fresh' || kind === 'rollback';
}

/** What `@wasm-revive/workers` logs of a failure. */
export interface FailureRecord {
  readonly message: string;
  readonly errorId: string;
  readonly report: CrashReport;
}

/** Listens to a Worker. */
export interface WorkerListener {
  /** An instance was made in it. Wherever one serves all places this is the next one that does. */
  instance(): void;
  /** What wasm-revive has logged. @param place whose instance failed */
  failure(place: Place, record: FailureRecord): void;
}

/** A Worker that runs in a workerd of its own. */
export interface RunningWorker {
  readonly url: URL;
  end(): Promise<void>;
}

const INSTANCE_MADE = 'demo: an instance was made';

/** Says when an instance is made: neither plain output nor upstream's shim does. */
const COUNT_INSTANCES = `
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args, newTarget) {
    console.log(${JSON.stringify(INSTANCE_MADE)});
    return Reflect.construct(target, args, newTarget);
  },
});
`;

const MAIN = "import './count-instances.js';\nexport * from './index.js';\nexport { default } from './index.js';\n";

/** The files of Workers, built once. */
export class WorkerFiles {
  readonly #scratch = mkdtempSync(path.join(tmpdir(), 'wasm-revive-demo-'));
  readonly #built = new Map<string, string>();

  constructor() {
    // Miniflare ends the process by itself where that is told to end, and waits for nobody.
    process.once('exit', () => this.remove());
  }

  folder(kind: WorkerKind, panic: PanicMode): string {
    const key = `${kind} ${panic}`;
    let dir = this.#built.get(key);
    if (dir === undefined) {
      dir = buildWorker(this.#scratch, kind, panic);
      writeFileSync(path.join(dir, 'count-instances.js'), COUNT_INSTANCES);
      writeFileSync(path.join(dir, 'main.js'), MAIN);
      this.#built.set(key, dir);
    }
    return dir;
  }

  remove(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** What miniflare gives of a class of Durable Objects, without the types of the runtime. */
interface Namespace {
  idFromName(name: string): unknown;
}

/** Starts a Worker; its storage is new. */
export async function startWorker(dir: string, listener: WorkerListener): Promise<RunningWorker> {
  const places = new Map<string, Place>();
  const hear = (line: string): void => {
    if (line.endsWith(INSTANCE_MADE)) listener.instance();
    else if (line.includes('"errorId"')) {
      const record = JSON.parse(line.slice(line.indexOf('{'))) as FailureRecord;
      const { instance } = record.report;
      const place = instance === undefined ? 'worker' : places.get(instance);
      if (place !== undefined) listener.failure(place, record);
    }
  };
  const miniflare = new Miniflare({
    ...workerOptions(dir, ['main.js', 'count-instances.js', 'index.js']),
    handleRuntimeStdio(...streams: Readable[]) {
      for (const input of streams) createInterface({ input }).on('line', hear);
    },
  });
  const url = await miniflare.ready;
  // Reports name an instance by the class and the identity of its object.
  const namespace = (await miniflare.getDurableObjectNamespace('KEPT')) as unknown as Namespace;
  for (let object = 0; object < OBJECTS; object++) places.set(`Kept ${namespace.idFromName(String(object))}`, object);
  return { url, end: () => miniflare.dispose() };
}
