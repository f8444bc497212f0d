import { expect, it } from 'vitest';
import * as kernel from '../src/index.js';

it('exports this and no more', () => {
  expect(Object.keys(kernel).sort()).toMatchInlineSnapshot(`
    [
      "ABI_VERSION",
      "BLACK_BOX_EXPORT",
      "BLACK_BOX_MAGIC",
      "BlackBoxOffset",
      "BlackBoxSize",
      "CRATE_SECTION",
      "ERROR_CODES",
      "GLOBAL_EXPORT_PREFIX",
      "Instance",
      "PanicError",
      "ReviveError",
      "SharedRegistry",
      "blackBoxView",
      "checkCrates",
      "composePlugins",
      "describeFailure",
      "isReviveError",
      "pointerBase",
      "pointerGeneration",
      "readBlackBox",
      "readCrates",
      "staleHandleError",
      "toFailureRecord",
      "wasmFrames",
    ]
  `);
});
