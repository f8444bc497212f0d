/** How many bytes become text at once: a multiple of three, and fewer than engines take as arguments. */
const PIECE = 3 * 8192;

/** Bytes as base64, in pieces whose texts are that of the whole one after another. */
export function* base64Pieces(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length; at += PIECE) yield btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  return [...base64Pieces(bytes)].join('');
}

/** The bytes again. @throws where it is no base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
