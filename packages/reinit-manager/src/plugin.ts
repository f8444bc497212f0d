import { BlackBoxOffset, blackBoxView, type InstanceView, isForeign, type MatchedPackage, type Plugin } from '@wasm-revive/kernel';
import manifest from '../package.json' with { type: 'json' };
import { HEARS_TURNS, type ReviveOptions } from './control.js';

const PACKAGE: MatchedPackage = {
  name: '@wasm-revive/reinit-manager',
  version: manifest.version,
  crate: 'wasm-revive-reinit-manager',
};

/**
 * The manager's own hooks, behind those of all plugins.
 * @param options those of the moment
 * @param turnEnded called at the end of every turn where there is an option that needs it
 * @param reinitRequested called where Rust wants a fresh instance, for which the crate has to be asked at the end of every turn; undefined where
 * it signals that by itself
 */
export function managerPlugin(
  options: () => ReviveOptions,
  turnEnded: (instance: InstanceView) => void,
  reinitRequested: ((instance: InstanceView) => void) | undefined,
): Plugin {
  const hears = HEARS_TURNS.some((name) => options()[name] !== undefined);
  return {
    name: 'reinit-manager',
    package: PACKAGE,
    failed(_, failure) {
      return isForeign(failure) && options().foreignExceptions === 'keep' ? 'keep' : undefined;
    },
    ...((reinitRequested || hears) && {
      committed(instance: InstanceView) {
        const view = reinitRequested && instance.exports && blackBoxView(instance.exports);
        if (view?.getUint32(BlackBoxOffset.reinitRequested, true) === 1) reinitRequested?.(instance);
        else if (hears) turnEnded(instance);
      },
    }),
  };
}
