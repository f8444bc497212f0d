/** Which turns come to nothing, by the hooks that say so, on a storage that only counts: what workerd's own storage can't be made to do. */
import type { InstanceView, Plugin } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { expect, test } from 'vitest';
import { Transactions } from '../src/transactions.ts';

const of = (key: string): InstanceView => ({ key }) as InstanceView;

function setUp(commit: () => void = () => undefined) {
  let plugin: Plugin | undefined;
  const revive = {
    use: (added: Plugin) => {
      plugin = added;
      return () => true;
    },
  };
  const transactions = new Transactions(revive as unknown as Pick<Revive, 'use'>);
  const ended: string[] = [];
  const storage = {
    sql: { exec: () => undefined },
    transactionSync(run: () => void) {
      try {
        run();
        commit();
        ended.push('committed');
      } catch (error) {
        ended.push('rolled back');
        throw error;
      }
    },
  };
  const lost: string[] = [];
  const turn = transactions.of(storage, 'Ledger', 'a', () => lost.push('a'));
  transactions.join('a', turn);
  return { plugin: plugin as Plugin, turn, ended, lost };
}

test.each(['undone', 'lost'] as const)('I2: that another instance has a turn %s costs this one nothing', (hook) => {
  const { plugin, turn, ended } = setUp();
  turn(() => plugin[hook]?.(of('b'), {} as never));
  plugin.polls?.(of('a'), () => plugin[hook]?.(of('b'), {} as never));
  turn(() => plugin[hook]?.(of('a'), {} as never));
  expect(ended).toEqual(['committed', 'committed', 'rolled back']);
});

test('I7: where a transaction fails of a turn that has ended well, the instance goes, so that memory and storage agree', () => {
  const { plugin, turn, lost } = setUp(() => {
    throw new Error('the disk is full');
  });
  expect(() => turn(() => 1)).toThrow('the disk is full');
  expect(() => plugin.polls?.(of('a'), () => undefined)).toThrow('the disk is full');
  expect(lost).toEqual(['a', 'a']);
});
