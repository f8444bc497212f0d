/** State that the program persists: what a fresh instance begins with. */
import type { Fixtures } from '../fixtures.ts';
import { until } from '../runtime.ts';
import { catchLog, type Scenario, thrownBy } from './scenario.ts';

type Saved = { readonly version: number; readonly bytes: Uint8Array };

export const PERSISTED: readonly Scenario[] = [
  {
    id: 'state that the program persists',
    invariants: ['I2', 'I4', 'I7', 'I8', 'I9'],
    needs: ['crates'],
    async run({ ns, runtime, panic }, checks) {
      const { __revive: control } = ns;
      const events: string[] = [];
      const stops = [
        control.on('restored', ({ name, version, bytes, generation, instance = '' }) => {
          events.push(`restored ${name} ${version} ${bytes > 0} ${generation === control.generation || instance} ${instance}`);
        }),
        control.on('persistFailed', ({ name, action, reason }) => events.push(`${action} ${name}: ${reason}`)),
      ];
      const [a, b] = [control.instance('persists a'), control.instance('persists b')];
      const told = async (pattern: RegExp): Promise<boolean | readonly string[]> => {
        await until(runtime, () => events.some((event) => pattern.test(event)));
        return events.splice(0).some((event) => pattern.test(event)) || [...events];
      };
      const abort = (one: Fixtures = ns): void => void thrownBy(() => one.fail('unreachable'));
      const state = (one: Fixtures = ns): string => [one.ledger?.(), one.ledger_note?.(), one.ledger_is_restored?.()].join();

      checks.equal('I7', 'Rust knows its generation', () => ns.generations?.().join(), `${control.generation},${control.generation}`);
      checks.equal('I7', 'a value begins as declared', () => state(), '0,,false');
      ns.ledger_up?.('one');
      checks.equal('I7', 'it is saved', () => ns.save_ledger?.('none'), true);
      ns.ledger_up?.('not saved');
      abort();
      checks.equal('I7', 'a fresh instance begins with it', () => state(), '1,one,true');
      checks.equal('I7', 'its start function too', () => ns.ledger_at_start?.(), 1);
      checks.equal('I7', 'and knows its generation', () => ns.generations?.().join(), `${control.generation},${control.generation}`);
      checks.that('I7', 'that is told', () => events.length === 0 || 'too early');
      const restored = await told(/^restored ledger 1 true true $/);
      checks.that('I7', 'that is told when Rust has returned', () => restored);

      ns.ledger_up?.('two');
      thrownBy(() => ns.save_ledger?.('unreachable'));
      checks.equal('I7', 'an abort after the save, in the same turn, keeps the former', () => state(), '1,one,true');
      ns.ledger_up?.('two');
      thrownBy(() => ns.save_ledger?.('panic-message'));
      if (panic === 'unwind') checks.equal('I7', 'a panic leaves the value', () => ns.ledger?.(), 2);
      abort();
      checks.equal('I7', 'a panic after the save, too', () => state(), '1,one,true');
      ns.ledger_up?.('two');
      thrownBy(() => ns.save_ledger_and_call?.(() => thrownBy(() => ns.fail('unreachable'))));
      checks.equal('I7', 'and a nested abort', () => state(), '1,one,true');
      ns.ledger_up?.('two');
      const throwAfterCall = (): never => {
        ns.add(1, 2);
        throw new Error('of a callback');
      };
      thrownBy(() => ns.save_ledger_and_call?.(throwAfterCall));
      abort();
      checks.equal('I7', 'and an exception through Rust’s frames, whatever was nested in the turn', () => state(), '1,one,true');
      ns.ledger_up?.('two');
      ns.save_ledger?.('none');
      // No microtask in between.
      abort();
      checks.equal('I7', 'an abort in the next turn does not', () => state(), '2,two,true');
      ns.ledger_up?.('three');
      ns.save_ledger_and_call?.(() => ns.add(1, 2));
      abort();
      checks.equal('I7', 'nested calls that end well do not, either', () => state(), '3,three,true');
      ns.ledger_up?.('four');
      ns.save_ledger?.('none');
      ns.ask_for_reinit?.();
      checks.equal('I7', 'an instance that Rust has asked for begins with it', () => state(), '4,four,true');
      ns.ledger_up?.('five');
      thrownBy(() => ns.save_ledger?.('there is no such kind'));
      control.reset();
      checks.equal('I7', 'as after a reset, also when the turn ended by an error on purpose', () => state(), '5,five,true');

      ns.ledger_up?.('older');
      ns.save_ledger_and_call?.(() => {
        control.reset();
        ns.ledger_up?.('newer');
        ns.save_ledger?.('none');
      });
      abort();
      checks.equal(
        'I7',
        'an instance that was replaced in its turn does not overwrite what the newer one saved',
        () => state(),
        '6,newer,true',
      );
      const older = await told(/^save ledger: a newer instance/);
      checks.that('I9', 'and that is told', () => older);

      for (const [one, note] of [
        [a, 'a'],
        [b, 'b'],
      ] as const) {
        checks.equal('I2', 'a sibling begins anew', () => state(one), '0,,false');
        checks.equal('I7', 'and counts its own generations', () => one.generations?.().join(), '1,1');
        one.ledger_up?.(note);
        one.save_ledger?.('none');
      }
      a.ledger_up?.('more of a');
      a.save_ledger?.('none');
      for (const one of [a, b, ns]) abort(one);
      checks.equal('I2', 'each has its own', () => [a, b, ns].map((one) => state(one)).join(' '), '2,more of a,true 1,b,true 6,newer,true');
      control.evict('persists a');
      checks.equal('I7', 'until it is evicted', () => [a, b].map((one) => state(one)).join(' '), '0,,false 1,b,true');
      a.ledger_up?.('a');
      a.save_ledger?.('none');
      await control.evict('persists a', { drain: true });
      checks.equal('I7', 'though it drains first', () => state(a), '0,,false');
      a.ledger_up?.('a');
      let drained: Promise<unknown> | undefined;
      a.save_ledger_and_call?.(() => {
        drained = control.evict('persists a', { drain: true });
      });
      await drained;
      checks.equal('I7', 'and saves', () => state(a), '0,,false');

      events.length = 0;
      checks.equal('I9', 'another version begins anew', () => ns.newer_ledger?.(), 1000);
      const version = await told(/^restore ledger: .*version 1.*version 2/);
      checks.that('I9', 'and that is told', () => version);

      // How decoding fails; what does not cost the instance starts anew at once.
      const quiet = panic === 'unwind' ? ['panic-message', 'no such text'] : [];
      for (const kind of ['unreachable', 'stack-overflow', 'js-exception', 'panic-index', ...quiet]) {
        ns.save_fuse?.(kind);
        abort();
        const { generation } = control;
        thrownBy(() => ns.fuse?.());
        checks.equal('I7', `decoding that fails (${kind}) is not tried again`, () => ns.fuse?.(), 'unlit');
        checks.that('I7', `one instance at most is lost (${kind})`, () => control.generation <= generation + 2 || control.generation);
        const reason = await told(/^restore wasm_revive_fixtures::persisted::FUSE: ./);
        checks.that('I9', `it is told (${kind})`, () => reason);
      }
      ns.save_fuse?.('none');
      abort();
      checks.equal('I7', 'what is saved later is restored', () => ns.fuse?.(), 'none');

      control.configure({ maxPersistedBytes: 40 });
      events.length = 0;
      ns.ledger_up?.('x'.repeat(50));
      checks.equal('I6', 'there is a bound', () => ns.save_ledger?.('none'), false);
      const bound = await told(/^save ledger: .*maxPersistedBytes/);
      checks.that('I6', 'and what would be more is told', () => bound);
      control.configure({ maxPersistedBytes: undefined });
      control.forget();
      control.reset();
      checks.equal('I7', 'the program can begin anew', () => state(), '0,,false');
      for (const stop of stops) stop();
      await catchLog(async (logged) => {
        control.evict('persists b');
        ns.save_fuse?.('no such text');
        control.reset();
        thrownBy(() => ns.fuse?.());
        await until(runtime, () => logged.length > 0);
        checks.that('I9', 'where nobody listens, it is logged', () => /persist/.test(String(logged[0]?.[0])) || logged);
      });
      control.forget();
      control.reset();
    },
  },
  {
    id: 'state that the program persists in a store of its own',
    invariants: ['I5', 'I7', 'I9'],
    needs: ['crates'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      const store = new Map<string, Saved>();
      const asked: string[] = [];
      const nested: unknown[] = [];
      let saves = 0;
      control.forget();
      control.configure({
        persist: {
          load(name, instance = '') {
            asked.push(`${name} ${instance}`);
            // Rust waits meanwhile, and may be entered.
            nested.push(ns.add(1, 2));
            return store.get(name + instance);
          },
          save(name, saved, instance = '') {
            saves++;
            store.set(name + instance, saved);
          },
        },
      });
      control.reset();
      ns.ledger_up?.('stored');
      ns.save_ledger?.('none');
      ns.ledger_up?.('stored later');
      ns.save_ledger?.('none');
      await until(runtime, () => saves === 2);
      checks.equal('I7', 'Rust’s bytes are given to it', () => store.get('ledger')?.version, 1);
      const bytes = store.get('ledger')?.bytes.length ?? 0;
      asked.length = 0;
      control.reset();
      checks.equal('I7', 'it is not asked for what memory has', () => [ns.ledger_note?.(), ...asked].join(), 'stored later');
      control.forget();
      control.reset();
      checks.equal('I7', 'it is asked for what memory has not', () => [ns.ledger_note?.(), ...asked].join(), 'stored later,ledger ');
      checks.that('I5', 'and may call the module', () => nested.every((sum) => sum === 3) || nested);
      checks.that('I7', 'it holds the bytes that Rust made', () => bytes > 'stored later'.length && bytes < 30);
      checks.equal('I7', 'a sibling’s key is told', () => [control.instance('kept').ledger?.(), asked.at(-1)].join(), '0,ledger kept');
      await catchLog(async (logged) => {
        for (const wrong of [{ version: 1, bytes: 'text' }, { version: -1, bytes: new Uint8Array(1) }, 7]) {
          store.set('ledger', wrong as unknown as Saved);
          control.forget();
          control.reset();
          checks.equal('I9', 'what is no saved value is refused', () => ns.ledger?.(), 0);
        }
        checks.that('I9', 'and logged', () => logged.length === 3 || logged);
        // Left alone, its rejection would end a Node.js process.
        control.configure({ persist: { load: () => Promise.reject(new Error('too late')) as never } });
        control.forget();
        control.reset();
        checks.equal('I9', 'so is what comes later', () => ns.ledger?.(), 0);
        for (const wrong of [7, { load: 7 }, { save: 'no' }]) {
          const refused = thrownBy(() => control.configure({ persist: wrong as never }));
          checks.that('I9', 'as is what is no store', () => refused instanceof TypeError && /persist has to be/.test(refused.message));
        }
      });
      const room = { number: 7 };
      const keys: unknown[] = [];
      control.configure({
        persist: {
          load: (_name, _text, key) => void keys.push(key),
          save: (_name, _saved, _text, key) => void keys.push(key),
        },
      });
      control.instance(room).save_ledger?.('none');
      await until(runtime, () => keys.length === 2);
      checks.that(
        'I7',
        'a sibling’s key itself is given, for keys of which the text says nothing',
        () => keys.every((key) => key === room) || keys,
      );
      control.evict(room);
      control.configure({ persist: undefined });
      control.evict('kept');
      control.forget();
      control.reset();
    },
  },
];
