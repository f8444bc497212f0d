import {
  forgetPanic,
  INSTALL_EXPORT,
  PanicError,
  RuntimeGuards,
  readBlackBox,
  StackPointers,
  stackPointerNames,
} from '@wasm-revive/kernel';
import { type CatchUnwindOptions, tell } from './catch-unwind.js';
import { isWasmException, uncaughtPanicInfo } from './panic.js';
import { checkStackPointer, endPanic, takePanicSite } from './raw-panic.js';

/**
 * Wraps the exports of an instance without wasm-bindgen, built with panic=unwind: a panic that leaves an `extern "C-unwind"` export reaches
 * its caller as a {@link PanicError}, and everything else passes through untouched. Whatever is thrown, the stack pointer is put back.
 *
 * With the crate (feature `raw`, its imports from `rawImports`) the error has message, location and frames, and nothing of the panic is left.
 * @throws ReviveError `REVIVE_NO_STACK_POINTER`
 */
export function catchExports<E extends WebAssembly.Exports>(exports: E, options: CatchUnwindOptions = {}): E {
  checkStackPointer(exports);
  const install = exports[INSTALL_EXPORT];
  if (typeof install === 'function') install();
  const stack = new StackPointers(exports, stackPointerNames(exports));
  /** Whether something has left frames further in, since when the stack pointer may be too low. */
  let isTorn = false;
  const settle = (): void => {
    isTorn = false;
    stack.restore();
  };
  return new RuntimeGuards({
    threw(error, _name, depth) {
      const panic = isWasmException(error) ? panicOf(exports, error) : undefined;
      // Frames further out put it right by themselves.
      if (depth === 0) settle();
      else isTorn = true;
      if (panic === undefined) return error;
      tell(panic, options);
      return panic;
    },
    // There were none, where an argument became a number by a function of the program's that has called an export and caught what it threw.
    left(_name, depth) {
      if (isTorn && depth === 0) settle();
    },
  }).exports(exports);
}

/** The panic that an exception is. Undefined: another module's. */
function panicOf(exports: WebAssembly.Exports, exception: unknown): PanicError | undefined {
  if (endPanic(exports, exception) === 'other') return undefined;
  const panic = uncaughtPanicInfo(readBlackBox(exports), takePanicSite());
  forgetPanic(exports);
  return new PanicError(panic.message, { cause: exception }, panic);
}
