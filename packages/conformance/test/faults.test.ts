/** That the deliberate faults can still be made: they are made in the text of packages, which changes. `npm run faults` shows what finds them. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { readableRuntime } from '../src/drive/paths.ts';
import { FAULTS, patched } from '../src/faults/faults.ts';
import { MANAGER_FAULTS, RETRY_FAULT } from '../src/faults/manager-faults.ts';
import { glueOf } from '../src/hosts/node.ts';

it.each([...FAULTS, ...MANAGER_FAULTS, RETRY_FAULT])('can be made: $name', ({ patches }) => {
  const dir = join(inject('transformed'), 'unwind/web');
  for (const patch of patches) {
    const text = patch.file === 'glue' ? glueOf(dir) : readableRuntime('wasm-revive.js');
    expect(patched(text, patch)).not.toBe(text);
  }
});
