/** SHA-256, FIPS 180-4. WebCrypto's is asynchronous, and a call that is refused has to be refused before it runs. */
const ROUNDS = Int32Array.of(
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be],
  ...[0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa],
  ...[0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85],
  ...[0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3],
  ...[0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f],
  ...[0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
);

const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

const BLOCK = 64;

/** One hash, of bytes that come in any pieces. */
export class Sha256 {
  readonly #state = Int32Array.from(START);
  readonly #words = new Int32Array(BLOCK);
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    let at = 0;
    if (this.#filled > 0) at = this.#fill(bytes, 0);
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#compress(bytes, at);
    this.#fill(bytes, at);
    return this;
  }

  /** Begins a block, or goes on with it. Gives where the next one begins. */
  #fill(bytes: Uint8Array, from: number): number {
    const part = bytes.subarray(from, from + BLOCK - this.#filled);
    this.#block.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === BLOCK) {
      this.#compress(this.#block, 0);
      this.#filled = 0;
    }
    return from + part.length;
  }

  /** 64 hexadecimal digits. Nothing can be added afterwards. */
  hex(): string {
    const bits = this.#length * 8;
    this.update(Uint8Array.of(0x80));
    // The length takes the last eight bytes of a block.
    this.update(new Uint8Array((2 * BLOCK - 8 - this.#filled) % BLOCK));
    const length = new DataView(new ArrayBuffer(8));
    length.setUint32(0, Math.floor(bits / 2 ** 32));
    length.setUint32(4, bits);
    this.update(new Uint8Array(length.buffer));
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Note: written for speed, without iterators and temporary objects. */
  #compress(bytes: Uint8Array, from: number): void {
    const words = this.#words;
    const state = this.#state;
    for (let i = 0, at = from; i < 16; i++, at += 4) {
      words[i] = (item(bytes, at) << 24) | (item(bytes, at + 1) << 16) | (item(bytes, at + 2) << 8) | item(bytes, at + 3);
    }
    for (let i = 16; i < BLOCK; i++) {
      const w2 = item(words, i - 2);
      const w15 = item(words, i - 15);
      const s0 = turned(w15, 7) ^ turned(w15, 18) ^ (w15 >>> 3);
      const s1 = turned(w2, 17) ^ turned(w2, 19) ^ (w2 >>> 10);
      words[i] = item(words, i - 16) + s0 + item(words, i - 7) + s1;
    }
    let a = item(state, 0);
    let b = item(state, 1);
    let c = item(state, 2);
    let d = item(state, 3);
    let e = item(state, 4);
    let f = item(state, 5);
    let g = item(state, 6);
    let h = item(state, 7);
    for (let i = 0; i < BLOCK; i++) {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
      const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
      const first = (h + s1 + choice + item(ROUNDS, i) + item(words, i)) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + s0 + majority) | 0;
    }
    state[0] = item(state, 0) + a;
    state[1] = item(state, 1) + b;
    state[2] = item(state, 2) + c;
    state[3] = item(state, 3) + d;
    state[4] = item(state, 4) + e;
    state[5] = item(state, 5) + f;
    state[6] = item(state, 6) + g;
    state[7] = item(state, 7) + h;
  }
}

/** What is there for certain. */
function item(numbers: Uint8Array | Int32Array, index: number): number {
  return numbers[index] as number;
}

/** Of a word, turned to the right. */
function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
