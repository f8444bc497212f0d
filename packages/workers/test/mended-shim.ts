/** The mends of worker-build's shim as docs/upstream proposes them, built into the shim that is there. */

/** W6: the shim looks at what a call returns. */
export function withLookAtResults(shim: string): string {
  return replaced(shim, /if \(original\.constructor === Function\) \{[\s\S]*?\} else \{[\s\S]*?\n {10}\}\n/, () =>
    byResult('Promise.resolve(result)'),
  );
}

/** W1, upon that of W6: each call is raced against the end of its instance. */
export function withLostPromise(shim: string): string {
  const noticed = replaced(
    withLookAtResults(shim),
    /function handleMaybeCritical\(e\) \{[\s\S]*?\n\}\n/,
    (text) => `let { promise: lost, reject: lose } = Promise.withResolvers();
lost.catch(() => {});
${text.replace(
  'initState.criticalError = true;',
  `initState.criticalError = true;
    lose(new Error('The Wasm instance was lost', { cause: e }));
    ({ promise: lost, reject: lose } = Promise.withResolvers());
    lost.catch(() => {});`,
)}`,
  );
  return noticed.replace(byResult('Promise.resolve(result)'), () => byResult('Promise.race([result, lost])'));
}

function byResult(promise: string): string {
  return `return new Proxy(original, {
            apply(target, thisArg, argArray) {
              checkReinitialize();
              const failed = (e) => {
                handleMaybeCritical(e);
                throw e;
              };
              try {
                const result = target.apply(thisArg, argArray);
                return typeof result?.then === 'function' ? ${promise}.catch(failed) : result;
              } catch (e) {
                return failed(e);
              }
            }
          });
`;
}

function replaced(shim: string, part: RegExp, by: (text: string) => string): string {
  if (!part.test(shim)) throw new Error(`worker-build's shim has no ${part} any more: read docs/upstream/w01 and w06 again.`);
  return shim.replace(part, by);
}
