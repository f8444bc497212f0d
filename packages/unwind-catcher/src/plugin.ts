import { isInstance, isReviveError, type MatchedPackage, type Plugin, readBlackBox, type Thrown, wasmFrames } from '@wasm-revive/kernel';
import manifest from '../package.json' with { type: 'json' };
import { isWasmException, panicInfo, uncaughtPanicInfo } from './panic.js';
import { checkStackPointer, endPanic, type RawPanic, takePanicSite } from './raw-panic.js';

const PACKAGE: MatchedPackage = { name: '@wasm-revive/unwind-catcher', version: manifest.version, crate: 'wasm-revive-unwind-catcher' };

/** Recognises panics, those that wasm-bindgen caught at the boundary and those that nobody did, and keeps their instance. */
export function unwindCatcher(): Plugin {
  return {
    name: 'unwind-catcher',
    package: PACKAGE,
    instantiated: ({ exports }) => exports && checkStackPointer(exports),
    condemns: (thrown) => (thrown.panic !== undefined || isOwnPanic(thrown)) && isLeftPanicking(thrown),
    threw(thrown) {
      const { panic, instance } = thrown;
      let uncaught: RawPanic | undefined;
      try {
        uncaught = uncaughtPanic(thrown);
      } catch (trap) {
        // What the panic carried aborts as it is dropped.
        if (!isInstance(trap, WebAssembly.RuntimeError)) throw trap;
        thrown.condemn();
        return { kind: 'aborted', cause: 'abort', trap, frames: wasmFrames(trap) };
      }
      if (uncaught === 'unknown') instance.panicking?.ended();
      const isUncaught = uncaught === 'ended' || uncaught === 'unknown';
      const told =
        panic !== undefined
          ? panicInfo(panic)
          : isUncaught
            ? uncaughtPanicInfo(instance.exports && readBlackBox(instance.exports), takePanicSite())
            : undefined;
      // A destructor panicked while a panic unwound. Elsewhere Rust aborts then. On wasm it may go on, without the rest of the destructors and
      // believing for ever that it panics, which locks and destructors ask about. After a trap it isn't asked: nothing of it may run.
      // What an import threw may be the panic of another module, and says nothing of this one's.
      const wasPanic = told !== undefined || isOwnPanic(thrown);
      // What was condemned isn't asked once more: it may run nothing.
      if (wasPanic && (instance.state === 'lost' || isLeftPanicking(thrown))) {
        thrown.condemn();
        const { error: trap } = thrown;
        return told === undefined
          ? { kind: 'aborted', cause: 'abort', trap, frames: [] }
          : { kind: 'aborted', cause: 'panic-abort', panic: told, trap, frames: told.frames };
      }
      return told && { kind: 'unwound', panic: told };
    },
  };
}

/** Whether the instance throws a panic of which somebody was told before. */
function isOwnPanic({ error, origin }: Thrown): boolean {
  return origin === 'own' && isReviveError(error, 'REVIVE_PANIC');
}

function isLeftPanicking({ instance, quiescent }: Thrown): boolean {
  return instance.panicking?.isLeft(quiescent) === true;
}

/** What became of a Wasm exception that no import threw and that carries no JavaScript value: the unwinding of Rust itself. */
function uncaughtPanic({ error, origin, instance }: Thrown): RawPanic | undefined {
  return origin === 'own' && instance.exports && isWasmException(error) ? endPanic(instance.exports, error) : undefined;
}
