/** A turn that damages memory without a trap has failed all the same, as far as that shows when it ends. */
import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@wasm-revive/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown, transformed } from '../fixtures.js';
import { layoutOf } from './image.js';

interface Package extends Fixtures {
  bump_static(): number;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
  ['fixtures-mvp', 'abort'],
  ['fixtures-debug', 'abort'],
  ['fixtures-revive', 'unwind'],
] as const;

afterAll(removeFolders);

describe.each(VARIANTS)('%s, panic=%s', (name, panic) => {
  const original = fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url));
  const { initial, log } = layoutOf(original, transformed('nodejs', panic, RUNTIME, name, 'rollback'));

  /** The fixtures, and what writes a byte where nobody may, in a turn that ends well. */
  const make = (): {
    readonly module: Package;
    readonly damage: (address: number) => () => unknown;
    readonly write: (address: number) => void;
  } => {
    const module = load<Package>(panic, RUNTIME, name, 'rollback');
    let view: InstanceView | undefined;
    module.__revive.use({
      name: 'memory',
      instantiated: (instance) => {
        view = instance;
      },
    });
    module.__revive.reset();
    const write = (address: number): void => {
      const { memory } = (view as InstanceView).exports as { memory: WebAssembly.Memory };
      new Uint8Array(memory.buffer)[address] = 1;
    };
    const damage = (address: number) => (): unknown =>
      module.nested(() => {
        module.bump_static();
        write(address);
      });
    return { module, damage, write };
  };

  it("I1, I7: undoes a turn that has written to the end of Rust's stack, and says so", () => {
    const { module, damage } = make();
    const counter = new module.Counter(1);
    module.bump_static();
    const failures: unknown[] = [];
    module.__revive.on('failure', (report) => failures.push(report));
    for (const address of [0, 5, 63]) {
      expect(thrown(damage(address))).toMatchObject({
        code: 'REVIVE_ABORT',
        message: expect.stringContaining("memory was damaged during the call (the last bytes of Rust's stack were written to"),
        report: { recovery: 'rollback', failure: { kind: 'aborted', cause: 'corruption' } },
      });
    }
    expect(failures).toHaveLength(3);
    expect([module.bump_static(), counter.inc(), module.__revive.generation]).toEqual([2, 2, 2]);
  });

  it('I1, I7: undoes nothing by a log that may be damaged, whether the turn ends well or traps', () => {
    const { module, damage } = make();
    for (const address of [initial, log + 100, log + 128]) {
      module.bump_static();
      expect(thrown(damage(address))).toMatchObject({
        code: 'REVIVE_ABORT',
        report: { recovery: 'fresh', failure: { cause: 'corruption' } },
      });
      expect(module.bump_static()).toBe(1);
    }
    const failing = (): unknown =>
      module.nested(() => {
        thrown(damage(initial));
        module.fail('abort');
      });
    expect(thrown(failing)).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'fresh' } });
    expect(module.bump_static()).toBe(1);
  });

  it('I1: finds the damage of a turn that ends by throwing', () => {
    const { module, damage } = make();
    // Else it would be undone for the exception, whatever is damaged.
    module.__revive.configure({ foreignExceptions: 'keep' });
    module.bump_static();
    const throwing = (): unknown =>
      module.nested(() => {
        damage(8)();
        module.throw_text('on purpose');
      });
    expect(thrown(throwing)).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback', failure: { cause: 'corruption' } } });
    expect(module.bump_static()).toBe(2);
  });

  it('I5: finds it in a task, which costs the instance', async () => {
    const { module, write } = make();
    module.bump_static();
    let settle: (value: string) => void = () => {};
    const waits = module.wait_for(new Promise((resolve) => (settle = resolve)));
    write(8);
    settle('settled');
    await expect(waits).rejects.toMatchObject({ code: expect.stringMatching(/^REVIVE_(ABORT|INSTANCE_LOST)$/) });
    expect(module.bump_static()).toBe(1);
  });

  it('I7: finds nothing where all is well, however deep the stack was', () => {
    const { module } = make();
    for (const kind of ['stack-overflow', 'shadow-stack-overflow', 'oom']) {
      expect(thrown(() => module.fail(kind))).toMatchObject({ report: { recovery: 'rollback' } });
      expect(thrown(() => module.throw_text('on purpose'))).toMatchObject({ message: 'on purpose' });
    }
    expect([module.bump_static(), module.__revive.stats.failures]).toEqual([1, 3]);
  });
});
