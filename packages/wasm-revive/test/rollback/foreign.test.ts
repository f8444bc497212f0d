/**
 * An exception of JavaScript's that goes through frames of Rust runs half of their destructors, or none: what they were changing stays half changed, and
 * what they had borrowed is borrowed for good. Where the turn can be undone, it is.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown } from '../fixtures.js';

interface Faller {
  calls(): number;
  fail_by_value(kind: string): void;
  fail_mut(kind: string): void;
}

interface Package extends Fixtures {
  Faller: Fixtures['Faller'] & (new (kind: string) => Faller);
  fail_holding_notes(kind: string): void;
  recall(key: string): string | undefined;
  remember(key: string, value: string): void;
}

afterAll(removeFolders);

const OWN = expect.objectContaining({ name: 'Error', message: 'thrown by JavaScript' });

describe.each([
  ['abort', 'rollback'],
  ['unwind', 'rollback'],
  ['unwind', 'copy'],
] as const)('panic=%s, %s', (panic, commit) => {
  function start(): { readonly module: Package; readonly reports: unknown[] } {
    const module = load<Package>(panic, RUNTIME, 'fixtures', commit);
    const reports: unknown[] = [];
    module.__revive.on('failure', ({ failure, recovery }) => reports.push([failure.kind === 'aborted' && failure.cause, recovery]));
    module.remember('before', 'a note');
    return { module, reports };
  }

  it('I7: leaves nothing half done, and its thrower gets it', () => {
    const { module, reports } = start();
    const faller = new module.Faller('none');
    expect(faller.calls()).toBe(1);
    expect(thrown(() => module.fail_holding_notes('js-exception'))).toEqual(OWN);
    expect([module.recall('before'), module.recall('half')]).toEqual(['a note', undefined]);
    expect(thrown(() => faller.fail_mut('js-exception'))).toEqual(OWN);
    expect(faller.calls()).toBe(2);
    expect(thrown(() => faller.fail_by_value('js-exception'))).toEqual(OWN);
    expect(faller.calls()).toBe(3);
    expect(reports).toEqual(Array(3).fill(['foreign-exception', 'rollback']));
    expect(module.__revive.generation).toBe(1);
  });

  it('I7: however often it comes, it gives up no state: JavaScript throws by its own will', () => {
    const { module, reports } = start();
    for (let time = 0; time < 250; time++) expect(thrown(() => module.fail_holding_notes('js-exception'))).toEqual(OWN);
    expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
    expect(module.recall('before')).toBe('a note');
    expect(reports.length).toBe(251);
    expect(new Set(reports.slice(0, -1).map(String))).toEqual(new Set(['foreign-exception,rollback']));
  });

  it('I7: nor an older state, where there are some', () => {
    const { module } = start();
    module.__revive.configure({ checkpoints: { turns: 1 } });
    for (let time = 0; time < 5; time++) module.remember('last', `${time}`);
    for (let time = 0; time < 150; time++) expect(thrown(() => module.fail_holding_notes('js-exception'))).toEqual(OWN);
    expect(module.recall('last')).toBe('4');
  });

  it('is kept where the program wants that, or the turn of an instance is never undone', () => {
    for (const options of [{ foreignExceptions: 'keep' }, { recovery: 'fresh' }] as const) {
      const { module, reports } = start();
      module.__revive.configure(options);
      expect(thrown(() => module.fail('js-exception'))).toEqual(OWN);
      expect([module.recall('before'), reports]).toEqual(['a note', [['foreign-exception', 'keep']]]);
      expect(thrown(() => module.fail_holding_notes('js-exception'))).toEqual(OWN);
      // Half changed, and where no destructor has run, borrowed for good.
      if (panic === 'unwind') expect(module.recall('half')).toBe('written');
      else expect(thrown(() => module.recall('half'))).toMatchObject({ code: 'REVIVE_ABORT' });
    }
  });

  it('is recovered from by a fresh instance where the program wants that, and nothing is undone', () => {
    const { module, reports } = start();
    module.__revive.configure({ foreignExceptions: 'recover', recovery: 'fresh' });
    expect(thrown(() => module.fail('js-exception'))).toEqual(OWN);
    expect([module.recall('before'), reports]).toEqual([undefined, [['foreign-exception', 'fresh']]]);
  });
});
