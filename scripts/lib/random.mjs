/**
 * Numbers from 0 up to 1 that look random, and are the same for the same seed: Tommy Ettinger's mulberry32, which is in the public domain. 32 bits of
 * state are enough to mix requests and to choose moments.
 *
 * @param {number} seed a whole number
 * @returns {() => number}
 */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
