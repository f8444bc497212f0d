/** What `run` gives or throws, whatever becomes of what is around it. */
export function within<R>(around: (run: () => void) => void, run: () => R): R {
  let outcome: (() => R) | undefined;
  const once = (): void => {
    outcome ??= outcomeOf(run);
  };
  around(once);
  once();
  return (outcome as unknown as () => R)();
}

function outcomeOf<R>(run: () => R): () => R {
  try {
    const value = run();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
