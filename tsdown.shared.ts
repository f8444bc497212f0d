import type { UserConfig } from 'tsdown';

/** What the build of every public package has in common: ES modules with declarations, nothing but its own code inside. */
export const library: UserConfig = {
  format: 'esm',
  target: 'es2022',
  // Isolated declarations: every export says its type, so that each file's declarations come from that file alone. The build
  // refuses what does not; tests and configuration are not held to it, which is why `tsconfig.base.json` does not say so.
  dts: { oxc: true },
  sourcemap: false,
  // The packages say `type: module`, so `.js` is right for ES modules everywhere; tsdown's default for Node would be `.mjs`.
  fixedExtension: false,
  // A dependency that slips into the bundle is an error: each package lists what it needs.
  deps: { onlyBundle: [] },
  failOnWarn: true,
};
