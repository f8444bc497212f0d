import type { MatchedPackage } from '@wasm-revive/kernel';
import manifest from '../package.json' with { type: 'json' };

/** What this package says of itself, for the check of a module's crates. */
export const matchedPackage: MatchedPackage = {
  name: '@wasm-revive/entrypoint-shim',
  version: manifest.version,
  crate: 'wasm-revive-entrypoint-shim',
};
