/**
 * Tries the initialisation of the `web` target, each way in a fresh evaluation of the package, and writes what came of it as JSON.
 * Arguments: the package's folder; `ours` for what only a transformed package promises.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installHost } from '../runner/behaviour/imports.ts';
import { written } from '../runner/behaviour/written.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import { moduleName } from './node.ts';

interface WebPackage extends Fixtures {
  default(source?: unknown): Promise<WebAssembly.Exports>;
  initSync(source: unknown): WebAssembly.Exports;
}

const [dir = '', ours] = process.argv.slice(2);
const name = moduleName(dir);
const bytes = readFileSync(join(dir, `${name}_bg.wasm`));
const dataUrl = `data:application/wasm;base64,${bytes.toString('base64')}`;
let evaluations = 0;

function evaluate(): Promise<WebPackage> {
  return import(`${pathToFileURL(join(dir, `${name}.js`)).href}?${evaluations++}`) as Promise<WebPackage>;
}

/** What an initialised package can do. */
function alive(ns: WebPackage): unknown {
  return [ns.starts(), ns.bump(), ns.echo('echo'), new ns.Counter(3).inc()];
}

/** What initialising gives: the exports. */
function exported(wasm: WebAssembly.Exports): unknown {
  const { memory, raw_add: rawAdd } = wasm as { memory: unknown; raw_add(a: number, b: number): number };
  return [memory instanceof WebAssembly.Memory, rawAdd(2, 3), 'fail' in wasm, 'nothing' in wasm];
}

const WAYS: Readonly<Record<string, (ns: WebPackage) => unknown>> = {
  'bytes in an object': async (ns) => [exported(await ns.default({ module_or_path: bytes })), alive(ns)],
  'a promise of bytes in an object': async (ns) => [exported(await ns.default({ module_or_path: Promise.resolve(bytes) })), alive(ns)],
  'a module in an object': async (ns) => [exported(await ns.default({ module_or_path: new WebAssembly.Module(bytes) })), alive(ns)],
  'a response in an object': async (ns) => [exported(await ns.default({ module_or_path: fetch(dataUrl) })), alive(ns)],
  'a response of another type': async (ns) => {
    await ns.default({ module_or_path: new Response(bytes, { headers: { 'content-type': 'application/octet-stream' } }) });
    return alive(ns);
  },
  'an address in an object': async (ns) => [exported(await ns.default({ module_or_path: dataUrl })), alive(ns)],
  'an URL in an object': async (ns) => [exported(await ns.default({ module_or_path: new URL(dataUrl) })), alive(ns)],
  'bytes alone, as older programs do': async (ns) => [exported(await ns.default(bytes)), alive(ns)],
  'initSync with bytes in an object': (ns) => [exported(ns.initSync({ module: bytes })), alive(ns)],
  'initSync with a module in an object': (ns) => [exported(ns.initSync({ module: new WebAssembly.Module(bytes) })), alive(ns)],
  'initSync with a module alone': (ns) => [exported(ns.initSync(new WebAssembly.Module(bytes))), alive(ns)],
  'init twice': async (ns) => {
    const first = await ns.default({ module_or_path: bytes });
    const before = alive(ns);
    const second = await ns.default({ module_or_path: bytes });
    return [first === second, before, alive(ns)];
  },
  'initSync after init': async (ns) => {
    const first = await ns.default({ module_or_path: bytes });
    const before = alive(ns);
    return [ns.initSync({ module: bytes }) === first, before, alive(ns)];
  },
  'init after initSync': async (ns) => {
    const first = ns.initSync({ module: bytes });
    const before = alive(ns);
    return [(await ns.default({ module_or_path: bytes })) === first, before, alive(ns)];
  },
  'init twice at once': async (ns) => {
    await Promise.all([ns.default({ module_or_path: bytes }), ns.default({ module_or_path: bytes })]);
    return alive(ns);
  },
  'initSync while init is under way': async (ns) => {
    const init = ns.default({ module_or_path: bytes });
    ns.initSync({ module: bytes });
    const before = alive(ns);
    await init;
    return before;
  },
  'bytes that are no module': (ns) => ns.default({ module_or_path: new Uint8Array([1, 2, 3]) }),
  'init again after it was refused': async (ns) => {
    const refused = await ns.default({ module_or_path: new Uint8Array([1, 2, 3]) }).catch((error: unknown) => (error as Error).name);
    await ns.default({ module_or_path: bytes });
    return [refused, alive(ns)];
  },
  'no argument, where files are not fetched': (ns) => ns.default().catch((error: unknown) => (error as Error).name),
  'an address that there is not': async (ns) => {
    const refused = await ns.default({ module_or_path: 'data:nothing' }).catch((error: unknown) => error instanceof Error);
    await ns.default({ module_or_path: bytes });
    return [refused, alive(ns)];
  },
};

const OURS: typeof WAYS = {
  'a call before init': (ns) => ns.add(1, 2),
  'a constructor before init': (ns) => new ns.Counter(1),
  'an initialisation that comes second changes nothing': async (ns) => {
    const init = ns.default({ module_or_path: bytes });
    ns.initSync({ module: bytes });
    const counter = new ns.Counter(1);
    ns.bump();
    await init;
    return [counter.inc(), ns.bump(), ns.starts(), ns.__revive.generation > 0];
  },
  'init after an abort': async (ns) => {
    const first = await ns.default({ module_or_path: bytes });
    abort(ns);
    const generation = ns.__revive.generation;
    return [
      (await ns.default({ module_or_path: bytes })) === first,
      ns.initSync({ module: bytes }) === first,
      ns.__revive.generation - generation,
      alive(ns),
    ];
  },
  'the exports that init gave, after an abort': async (ns) => {
    const wasm = (await ns.default({ module_or_path: bytes })) as {
      memory?: WebAssembly.Memory;
      raw_add?: (a: number, b: number) => number;
    };
    const { memory } = wasm;
    abort(ns);
    return [wasm.raw_add?.(2, 3), wasm.memory instanceof WebAssembly.Memory, wasm.memory !== memory];
  },
  'an abort through the exports that init gave': async (ns) => {
    const wasm = (await ns.default({ module_or_path: bytes })) as { raw_index?: (index: number) => number };
    let error: unknown;
    try {
      wasm.raw_index?.(7);
    } catch (thrown) {
      error = thrown;
    }
    return [error instanceof Error && 'code' in error, alive(ns)];
  },
  'a failed initialisation, then a call': async (ns) => {
    await ns.default({ module_or_path: new Uint8Array([1, 2, 3]) }).catch(() => {});
    return ns.add(1, 2);
  },
};

function abort(ns: WebPackage): void {
  try {
    ns.fail('abort');
  } catch {
    // As it should.
  }
}

installHost();
// Older ways to call it are said to be deprecated: once each, which is part of what is compared.
const warnings: string[] = [];
console.warn = (text: string) => warnings.push(text);
const seen: Record<string, string> = {};
for (const [way, run] of Object.entries(ours === 'ours' ? OURS : WAYS)) {
  try {
    seen[way] = written(await run(await evaluate()));
  } catch (error) {
    seen[way] = `threw ${written(error)}`;
  }
  seen[way] += ` ${warnings.splice(0).join()}`;
}
process.stdout.write(JSON.stringify(seen));
