import { expect, it } from 'vitest';
import * as kernel from '../src/index.js';

it('exports this and no more', () => {
  expect(Object.keys(kernel).sort()).toMatchInlineSnapshot(`
    [
      "ABI_VERSION",
      "BLACK_BOX_EXPORT",
      "BLACK_BOX_MAGIC",
      "BREADCRUMBS_EXPORT",
      "BREADCRUMBS_MAGIC",
      "BlackBoxOffset",
      "BlackBoxSize",
      "BreadcrumbsOffset",
      "BreadcrumbsSize",
      "CRATE_SECTION",
      "ERROR_CODES",
      "GLOBAL_EXPORT_PREFIX",
      "Instance",
      "PANICKING_EXPORT",
      "PanicError",
      "REPORT_VERSION",
      "ReviveError",
      "SharedRegistry",
      "UNWINDING_SECTION",
      "UNWIND_EXPORT",
      "blackBoxView",
      "checkCrates",
      "composePlugins",
      "describeFailure",
      "fingerprint",
      "isReviveError",
      "lazyProperty",
      "pointerBase",
      "pointerGeneration",
      "readBlackBox",
      "readBreadcrumbs",
      "readCrates",
      "staleHandleError",
      "toFailureRecord",
      "wasmFrames",
    ]
  `);
});
