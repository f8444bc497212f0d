import { expect, it } from 'vitest';
import * as symbolicate from '../src/index.js';

it('exports this and no more', () => {
  expect(Object.keys(symbolicate).sort()).toMatchInlineSnapshot(`
    [
      "SYMBOLICATE_ERROR_CODES",
      "SymbolicateError",
      "debugFileOnDisk",
      "readReport",
      "renderReport",
      "sourcesOnDisk",
      "symbolicate",
    ]
  `);
});
