/**
 * A glue scope that gets a second instance while frames of the first are on the stack, on the real output of the transform: by the scope's own
 * `bind`, with the kernel's instances and the default plugins.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@wasm-revive/bindgen';
import {
  type CrashReport,
  composePlugins,
  describedModule,
  type Factory,
  type Host,
  Instance,
  type ModuleDescription,
  type Owner,
} from '@wasm-revive/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultPlugins, plainModule } from '../src/index.js';
import { BYTES, type Exports } from './plain-wasm.js';

/** What generated code gives the runtime. */
interface Given {
  readonly factory: Factory;
  readonly description: ModuleDescription;
  readonly module: WebAssembly.Module;
}

/** What is used of the fixtures. */
interface Fixtures {
  add(a: number, b: number): number;
  bump(): number;
  fail(kind: string): void;
  catch_from(f: () => unknown): unknown;
}

/** In place of the runtime: keeps what generated code gives it. The façade finds nobody to ask, so it has to know by itself who serves. */
const RUNTIME = `
exports.revive = (factory, description) => ({
  control: {},
  checkEngine() {},
  boot(module) { exports.given = { factory, description, module }; },
  wake() { throw new Error('The façade asks who serves.'); },
});
`;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The fixtures, transformed, and loaded beside a runtime that makes no instance. */
function load(artifact: string): { readonly fixtures: Fixtures; readonly given: Given } {
  const outDir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
  folders.push(outDir);
  const dir = fileURLToPath(new URL(`../../../.artifacts/${artifact}/nodejs/`, import.meta.url));
  transform({ dir, outDir, version: '9.9.9', runtime: { import: './runtime.cjs' } });
  writeFileSync(join(outDir, 'runtime.cjs'), RUNTIME);
  const require = createRequire(import.meta.url);
  const fixtures = require(join(outDir, 'wasm_revive_fixtures.js')) as Fixtures;
  const { given } = require(join(outDir, 'runtime.cjs')) as { given: Given };
  return { fixtures, given };
}

/** Serves a module by one scope, to which instances are bound one after the other. */
function serve({ factory, description, module }: Given) {
  const reports: { readonly of: Instance; readonly report: CrashReport }[] = [];
  const owner: Owner = {
    module: describedModule(description),
    hooks: composePlugins(defaultPlugins()),
    redact: undefined,
    name: 'the default instance',
    key: undefined,
    isWithin: false,
    decide: (_, asked) => asked,
    failed: (of, { report }) => void reports.push({ of, report }),
    suspected: () => {},
    reinitRequested: () => {},
    signalled: () => false,
    turnEnded: () => {},
    otherwise: () => 'fresh',
    runsAgain: () => {},
    rolledBack: () => {},
    staleClosureCalled: () => false,
  };
  const bound: Instance[] = [];
  const hosts: Host[] = [];
  const bind = (): Instance => {
    const instance = new Instance(1, 0, owner, (host) => {
      hosts.push(host);
      return bound[0]?.scope ?? factory(host);
    });
    instance.bind(new WebAssembly.Instance(module, instance.scope.imports));
    instance.start();
    bound.push(instance);
    description.onCurrent(instance.scope.raw, instance.base);
    return instance;
  };
  return { bind, reports, bound, hosts };
}

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
};

describe.each(['fixtures/abort', 'fixtures/unwind', 'fixtures-revive/unwind'])(
  'a second instance under the same scope, while frames of the first are on the stack (%s)',
  (artifact) => {
    it.each([
      ['returns', () => 'swallowed'],
      [
        'throws',
        () => {
          throw new Error('of the program');
        },
      ],
    ])('I3: when the import %s, the first goes no further, and the second serves meanwhile and afterwards', (_, leave) => {
      const { fixtures, given } = load(artifact);
      const { bind, reports, bound } = serve(given);
      const first = bind();
      fixtures.bump();
      expect(first.scope.exports().memory).toBe(first.exports?.memory);
      const seen: unknown[] = [];
      const caught = codeOf(() =>
        fixtures.catch_from(() => {
          seen.push(first.scope.isQuiescent());
          seen.push(codeOf(() => fixtures.fail('abort')));
          const second = bind();
          // The frames are the first's: none of the second is on the stack.
          seen.push(second.scope.isQuiescent(), fixtures.bump(), second.scope.isQuiescent());
          fixtures.catch_from(() => seen.push(second.scope.isQuiescent()));
          seen.push(second.scope.isQuiescent());
          return leave();
        }),
      );
      const [, second] = bound;
      expect(seen).toEqual([false, 'REVIVE_ABORT', true, 101, true, false, true]);
      expect(first.scope.exports().memory).toBe(second?.exports?.memory ?? 'the memory of the second');
      // What became of the call, and not what Rust would have made of it.
      expect(caught).toBe('REVIVE_ABORT');
      expect([second?.state, second?.scope.isQuiescent(), fixtures.bump(), fixtures.add(1, 2)]).toEqual(['running', true, 102, 3]);
      expect(reports.map(({ of, report }) => [bound.indexOf(of), report.failure.kind])).toEqual([[0, 'aborted']]);
      // And it is as able to fail as the first was.
      expect(codeOf(() => fixtures.fail('abort'))).toBe('REVIVE_ABORT');
      expect(reports.map(({ of }) => bound.indexOf(of))).toEqual([0, 1]);
      expect(() => fixtures.bump()).toThrow('The façade asks who serves.');
    });
  },
);

it('I3: the same without glue, where guards are made at run time', () => {
  let call = (): void => {};
  const { bind, reports, bound } = serve(plainModule(BYTES, { env: { call: () => call() } }));
  const first = bind();
  const wasm = (): Exports => first.scope.exports() as unknown as Exports;
  const ofFirst = wasm();
  const seen: unknown[] = [];
  call = () => {
    seen.push(
      first.scope.isQuiescent(),
      codeOf(() => wasm().die()),
    );
    const second = bind();
    call = () => seen.push(second.scope.isQuiescent());
    seen.push(second.scope.isQuiescent(), wasm().count());
    wasm().callOut();
    seen.push(second.scope.isQuiescent(), wasm().count());
  };
  expect(codeOf(() => wasm().callOut())).toBe('REVIVE_ABORT');
  // `callOut` sets the count to 100 when it goes on.
  expect(seen).toEqual([false, 'REVIVE_ABORT', true, 1, false, true, 101]);
  expect([bound[1]?.state, first.scope.isQuiescent(), wasm().count(), codeOf(() => ofFirst.count())]).toEqual([
    'running',
    true,
    102,
    'REVIVE_STALE_HANDLE',
  ]);
  expect(reports.map(({ of }) => bound.indexOf(of))).toEqual([0]);
});

it('I2, I3: a guard that has too little stack to call anybody shuts its own instance, and not the one that has its place', () => {
  const { fixtures, given } = load('fixtures/abort');
  const { bind, bound, hosts } = serve(given);
  const noStack = (): never => {
    throw new RangeError('Maximum call stack size exceeded');
  };
  const { scope } = bind();
  fixtures.bump();
  const caught = codeOf(() =>
    fixtures.catch_from(() => {
      codeOf(() => fixtures.fail('abort'));
      bind();
      Object.assign(hosts[0] ?? {}, { threw: noStack });
    }),
  );
  expect([caught, scope.isShut(), bound[1]?.state, fixtures.bump()]).toEqual(['REVIVE_ABORT', false, 'running', 101]);
  Object.assign(hosts[1] ?? {}, { threw: noStack });
  expect(codeOf(() => fixtures.fail('abort'))).toBe('REVIVE_ABORT');
  expect([scope.isShut(), scope.raw.api]).toEqual([true, undefined]);
  expect(() => fixtures.bump()).toThrow('The façade asks who serves.');
});
