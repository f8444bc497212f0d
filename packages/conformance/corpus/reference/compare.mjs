/** @typedef {import('./probe/main.mjs').Answer} Answer */

/**
 * One way in which the transformed package is not what upstream's is.
 *
 * @typedef {{ kind: 'load' | 'exports' | 'shape' | 'init' | 'named imports' | 'calls' | 'stray errors' | 'types', detail: string }} Difference
 */

/** What a transformed package exports on top of the same names. */
const ADDED = '__revive';

/**
 * @param {Answer} plain of upstream's output; it has loaded
 * @param {Answer} ours of the transformed one
 * @param {boolean} isTransformed whether anything was transformed at all
 * @returns {Difference[]} empty when it is a drop-in
 */
export function compareAnswers(plain, ours, isTransformed) {
  if (ours.error !== undefined) return [{ kind: 'load', detail: loadError(ours.error) }];
  const added = isTransformed ? [ADDED] : [];
  return [
    ...names('exports', Object.keys(plain.exports ?? {}), Object.keys(ours.exports ?? {}), added),
    ...shapes(plain.exports ?? {}, ours.exports ?? {}),
    ...names('init', plain.initKeys ?? [], ours.initKeys ?? [], []),
    ...names('named imports', plain.esmNames ?? [], ours.esmNames ?? [], plain.esmNames ? added : []),
    ...calls(plain, ours),
    ...strays(plain.stray ?? [], ours.stray ?? []),
  ];
}

/**
 * @param {Difference['kind']} kind
 * @param {string[]} plain
 * @param {string[]} ours
 * @param {string[]} added
 * @returns {Difference[]}
 */
function names(kind, plain, ours, added) {
  const wanted = [...plain, ...added];
  const missing = wanted.filter((name) => !ours.includes(name));
  const extra = ours.filter((name) => !wanted.includes(name));
  return [
    ...missing.map((name) => ({ kind, detail: `missing ${name}` })),
    ...extra.map((name) => ({ kind, detail: `unexpected ${name}` })),
  ];
}

/**
 * @param {Record<string, unknown>} plain
 * @param {Record<string, unknown>} ours
 * @returns {Difference[]}
 */
function shapes(plain, ours) {
  return Object.keys(plain)
    .filter((name) => name in ours)
    .flatMap((name) => differences(plain[name], ours[name], name))
    .map((detail) => ({ kind: 'shape', detail }));
}

/**
 * @param {unknown} plain
 * @param {unknown} ours
 * @param {string} at
 * @returns {string[]}
 */
function differences(plain, ours, at) {
  if (typeof plain !== 'object' || typeof ours !== 'object' || plain === null || ours === null) {
    return plain === ours ? [] : [`${at}: ${JSON.stringify(plain) ?? 'absent'} → ${JSON.stringify(ours) ?? 'absent'}`];
  }
  const keys = [...new Set([...Object.keys(plain), ...Object.keys(ours)])];
  return keys.flatMap((key) => differences(Reflect.get(plain, key), Reflect.get(ours, key), `${at}.${key}`));
}

/**
 * The first difference only: what comes after it follows from it.
 *
 * @param {Answer} plain
 * @param {Answer} ours
 * @returns {Difference[]}
 */
function calls(plain, ours) {
  for (const [i, before] of (plain.calls ?? []).entries()) {
    const after = ours.calls?.[i];
    if (before.result === after?.result) continue;
    // Under panic=unwind, upstream ends its instance for whatever JavaScript throws on the way in: the call before was its last.
    if (before.result === 'throws Error: Module terminated') return [];
    // Upstream's promise hangs when its task throws into the event loop (an uncaught error there); the transformed one is rejected (I5).
    const isTold = before.result === 'pending' && (plain.stray ?? []).length > 0 && /^(abort|panic|throws)/.test(after?.result ?? '');
    if (!isTold) return [{ kind: 'calls', detail: `${before.step}: ${before.result} → ${after?.result ?? 'not reached'}` }];
    // An abort ends a plan.
    if (after?.result === 'abort') return [];
  }
  return [];
}

/**
 * Errors that reach nobody, beyond those that upstream's output has.
 *
 * @param {string[]} plain
 * @param {string[]} ours
 * @returns {Difference[]}
 */
function strays(plain, ours) {
  const known = [...plain];
  const isFresh = (/** @type {string} */ error) => {
    const at = known.indexOf(error);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  };
  return ours.filter(isFresh).map((detail) => ({ kind: 'stray errors', detail }));
}

/** The message, and the first frame or excerpt that says where. @param {string} error */
function loadError(error) {
  const lines = error.split('\n').map((line) => line.trim());
  const where = lines.slice(1).find((line) => line.startsWith('at ') && !line.includes('node:'));
  return [lines[0], where].filter(Boolean).join(' ');
}
