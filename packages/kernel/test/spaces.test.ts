/** Which instances bear which numbers, past the end of all. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ModuleDescription } from '../src/contract/contract.js';
import { pointerBase, SPACES } from '../src/contract/handle.js';
import { SharedRegistry } from '../src/instance/finalizers.js';
import type { Owner } from '../src/instance/instance.js';
import { Spaces } from '../src/module/spaces.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

async function collect(): Promise<void> {
  for (let n = 0; n < 3; n++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Handle {
  free(): void {}
}

/** A module with one class, all of whose spaces but three have been given. */
function near(isKeyed: boolean, registries = [new SharedRegistry()]) {
  const siblings = { forwarded: () => ({ Handle }) };
  const module = { description: { siblings } as unknown as ModuleDescription, owners: new Map<number, Owner>(), registries };
  return { ...module, registry: registries[0] as SharedRegistry, spaces: new Spaces(module, isKeyed, SPACES - 3) };
}

describe.each([false, true])('spaces of siblings: %s', (isKeyed) => {
  const numbered = (place: number): number => (isKeyed ? -1 - place : place);

  it('I4: are given again from the first on, when all have been given', () => {
    const { spaces } = near(isKeyed);
    const given = Array.from({ length: 5 }, () => spaces.next());
    expect(given).toEqual([SPACES - 3, SPACES - 2, SPACES - 1, 0, 1].map(numbered));
    expect(spaces.areReused).toBe(true);
  });

  it('I4: are not given while an instance or a handle bears them, and are when none does any more', async () => {
    const { spaces, registry, owners } = near(isKeyed);
    for (let n = 0; n < 3; n++) spaces.next();
    expect(spaces.areReused).toBe(false);
    owners.set(numbered(0), {} as Owner);
    const finalized: unknown[] = [];
    const uses = [1, 2, 3].map((place) => registry.of(numbered(place), (held) => finalized.push(held)));
    const handles = uses.map((use, index) => {
      const handle = new Handle();
      use.register(handle, pointerBase(numbered(index + 1)) + 16, handle);
      return handle;
    });
    for (const place of [1, 2, 3]) registry.forget(numbered(place));
    expect([spaces.next(), spaces.next()]).toEqual([4, 5].map(numbered));
    // One is freed, one is dropped, one stays.
    const [freed, , kept] = handles.splice(0) as [Handle, Handle, Handle];
    expect(uses[0]?.unregister(freed)).toBe(true);
    await collect();
    expect([1, 2, 3].map((place) => registry.has(numbered(place)))).toEqual([false, false, true]);
    expect(finalized).toEqual([]);
    expect(uses[2]?.unregister(kept)).toBe(true);
    expect(registry.has(numbered(3))).toBe(false);
  });

  it('I4: stay with an instance that is there, though all of its handles have been freed', () => {
    const { registry } = near(isKeyed);
    const use = registry.of(numbered(1), () => {});
    const handle = new Handle();
    use.register(handle, 16, handle);
    use.unregister(handle);
    expect(registry.has(numbered(1))).toBe(true);
    registry.forget(numbered(1));
    expect(registry.has(numbered(1))).toBe(false);
  });

  it('I4, I9: end with the last where nothing says what is alive', () => {
    const { spaces } = near(isKeyed, []);
    for (let n = 0; n < 3; n++) spaces.next();
    expect(() => spaces.next()).toThrow(
      expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false, message: expect.stringContaining('Load the program again') }),
    );
  });

  it('I4: end where something bears each of them', () => {
    const { spaces, owners } = near(isKeyed);
    owners.has = () => true;
    for (let n = 0; n < 3; n++) spaces.next();
    expect(() => spaces.next()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP' }));
  });
});
