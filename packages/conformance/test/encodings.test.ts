/** An engine that can't run a module's encoding of exception handling: said before anything of the module is compiled, with what fixes it. */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { type NodeVersion, nodeVersion, otherNodeMajors, RUNNING_NODE, rawModule } from '../src/drive/paths.ts';
import { nodeFlags, runProgram } from '../src/drive/run-in-node.ts';
import type { Target } from '../src/hosts/node.ts';

const newest = nodeVersion(Math.max(...otherNodeMajors()));

/**
 * Loads a package and writes what came of it. Compiling and instantiating are counted, but for the few bytes of what looks whether the engine
 * can.
 */
const LOADS = `
  import { readFileSync } from 'node:fs';
  const [dir, target, tag] = process.argv.slice(1);
  if (tag === 'none') delete WebAssembly.JSTag;
  // One like any other: what JavaScript throws doesn't have it.
  if (tag === 'any') Object.defineProperty(WebAssembly, 'JSTag', { value: new WebAssembly.Tag({ parameters: ['externref'] }) });
  let used = 0;
  const small = new WeakSet();
  for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Module', 'Instance']) {
    const real = WebAssembly[name];
    WebAssembly[name] = new Proxy(real, {
      apply(f, self, args) { used++; return Reflect.apply(f, self, args); },
      construct(f, [source, imports]) {
        const made = new f(source, imports);
        if (source.byteLength < 100 || small.has(source)) small.add(made);
        else used++;
        return made;
      },
    });
  }
  const told = async (run) => {
    try { return await run(); } catch (error) { return { code: error.code, name: error.name, message: error.message, used }; }
  };
  const path = dir + '/' + target + '/wasm_revive_fixtures';
  const seen = {
    nodejs: [() => import(path + '.js').then((pkg) => pkg.default.add(1, 2))],
    // As a bundler evaluates it: the glue, then the wasm file that imports it.
    bundler: [() => import(path + '_bg.js')],
    module: [() => import(path + '.js')],
    web: [
      async () => (await import(path + '.js')).initSync({ module: readFileSync(path + '_bg.wasm') }),
      async () => (await import(path + '.js')).default({ module_or_path: readFileSync(path + '_bg.wasm') }),
    ],
  }[target].map(told);
  process.stdout.write(JSON.stringify(await Promise.all(seen)));
`;

interface Told {
  readonly code?: string;
  readonly name: string;
  readonly message: string;
  readonly used: number;
}

async function load(
  node: NodeVersion,
  flags: readonly string[],
  dir: string,
  target: Target,
  tag: 'none' | 'any' | 'own' = 'own',
): Promise<Told[]> {
  const args = [...nodeFlags(node, target), ...flags, '--input-type=module', '-e', LOADS, join(inject('transformed'), dir), target, tag];
  const { stdout, ended } = await runProgram(node.binary, args);
  if (ended !== undefined) throw new Error(ended);
  return JSON.parse(stdout) as Told[];
}

function refused(seen: readonly unknown[], says: readonly (string | RegExp)[]): void {
  expect(seen.length).toBeGreaterThan(0);
  for (const told of seen) {
    expect(told).toMatchObject({ name: 'ReviveError', code: 'REVIVE_UNSUPPORTED_ENGINE', used: 0 });
    for (const text of says) expect((told as Told).message).toMatch(text);
  }
}

const EVALUATED: readonly Target[] = ['web', 'nodejs', 'bundler'];

describe('I9: exnref, on an engine without it', () => {
  // Node.js 20 has not even a flag for it.
  const old = RUNNING_NODE.major < 22 ? { node: RUNNING_NODE, flags: [] } : { node: newest, flags: ['--no-experimental-wasm-exnref'] };
  const flag =
    old.node.major < 22
      ? /supports legacy\. Run it where exnref works: Node\.js 22\.22\.3, 24\.15/
      : /Start Node\.js with --experimental-wasm-exnref/;

  it.each(EVALUATED)('%s', async (target) => {
    const seen = await load(old.node, old.flags, 'exnref', target);
    refused(seen, [
      /wasm_revive_fixtures uses .* in the exnref encoding/,
      /Node\.js \d+\.\d+\.\d+/,
      flag,
      '-Cllvm-args=-wasm-use-legacy-eh=true',
    ]);
  });

  it.each(EVALUATED)('%s, where a flag turns it on', async (target) => {
    const seen = await load(newest, ['--no-experimental-wasm-exnref'], 'exnref', target);
    refused(seen, [/supports legacy\. Start Node\.js with --experimental-wasm-exnref, or /]);
  });

  it('module: the engine compiles it before any code runs, and says so itself', async () => {
    const [told] = await load(newest, ['--no-experimental-wasm-exnref'], 'exnref', 'module');
    expect(told).toMatchObject({ name: 'CompileError', message: expect.stringContaining('exnref') });
  });
});

describe('I9: exnref, on an engine that has WebAssembly.JSTag only by name, as Node.js before 22.22.3', () => {
  it.each(['none', 'any'] as const)('%s', async (tag) => {
    for (const target of EVALUATED) {
      const seen = await load(newest, [], 'exnref', target, tag);
      refused(seen, [/catches exceptions of JavaScript by WebAssembly\.JSTag/, /without catching by that tag/, /Node\.js 22\.22\.3/]);
    }
  });
});

describe('I9: legacy, on an engine that has dropped it', () => {
  it.each(EVALUATED)('%s', async (target) => {
    const seen = await load(newest, ['--no-experimental-wasm-legacy-eh'], 'unwind', target);
    refused(seen, [
      /in the legacy encoding; .* supports exnref\. Start Node\.js with --experimental-wasm-legacy-eh/,
      'wasm-opt --translate-to-exnref',
      '-Cllvm-args=-wasm-use-legacy-eh=false',
    ]);
  });
});

describe('what uses no exceptions', () => {
  it('asks nothing of the engine', async () => {
    const [sum] = await load(newest, ['--no-experimental-wasm-legacy-eh', '--no-experimental-wasm-exnref'], 'abort', 'nodejs');
    expect(sum).toBe(3);
  });
});

const PLAIN = `
  import { readFileSync } from 'node:fs';
  import { plainModule } from ${JSON.stringify(new URL('../../wasm-revive/dist/index.js', import.meta.url).href)};
  try {
    plainModule(readFileSync(process.argv[1]), {}, 'sums');
    process.stdout.write('{}');
  } catch ({ name, code, message, cause }) {
    process.stdout.write(JSON.stringify({ name, code, message, cause: cause?.name, used: 0 }));
  }
`;

describe('I9: a module without glue, given as bytes', () => {
  it.each([
    ['legacy', '--no-experimental-wasm-legacy-eh', /supports exnref\. Start Node\.js with --experimental-wasm-legacy-eh/],
    ['exnref', '--no-experimental-wasm-exnref', /supports legacy\. Start Node\.js with --experimental-wasm-exnref/],
  ] as const)('%s', async (encoding, flag, says) => {
    const run = async (...flags: string[]): Promise<unknown> => {
      const { stdout } = await runProgram(newest.binary, [...flags, '--input-type=module', '-e', PLAIN, rawModule(encoding, false)]);
      return JSON.parse(stdout);
    };
    expect(await run()).toEqual({});
    const seen = await run(flag);
    refused([seen], [new RegExp(`sums uses exception handling, .* Most likely its encoding is ${encoding}`), says]);
    // The engine's own words are kept.
    expect(seen).toMatchObject({ cause: 'CompileError' });
  });
});
