/** Logs what the program's own code threw. The console is the program's, too, and there may be no stack for it: that it fails changes nothing. */
export function complain(what: string, error: unknown): void {
  try {
    console.error(`wasm-revive: ${what}:`, error);
  } catch {
    // Then nobody hears of it.
  }
}
