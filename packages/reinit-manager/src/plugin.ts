import { BlackBoxOffset, blackBoxView, type InstanceView, type MatchedPackage, type Plugin } from '@wasm-revive/kernel';
import manifest from '../package.json' with { type: 'json' };
import type { ReviveOptions } from './control.js';

const PACKAGE: MatchedPackage = {
  name: '@wasm-revive/reinit-manager',
  version: manifest.version,
  crate: 'wasm-revive-reinit-manager',
};

/** What the manager's own plugin asks of it, and tells it. */
export interface Manages {
  readonly options: ReviveOptions;
  reinitRequested(instance: InstanceView): void;
}

/**
 * The manager's own hooks, behind those of all plugins.
 * @param asks whether the crate has to be asked, at the end of every turn, whether Rust wants a fresh instance
 */
export function managerPlugin(manager: Manages, asks: boolean): Plugin {
  return {
    name: 'reinit-manager',
    package: PACKAGE,
    failed(_, failure) {
      const foreign = failure.kind === 'aborted' && failure.cause === 'foreign-exception';
      return foreign && manager.options.foreignExceptions !== 'recover' ? 'keep' : undefined;
    },
    ...(asks && {
      committed(instance: InstanceView) {
        const view = instance.exports && blackBoxView(instance.exports);
        if (view?.getUint32(BlackBoxOffset.reinitRequested, true) === 1) manager.reinitRequested(instance);
      },
    }),
  };
}
