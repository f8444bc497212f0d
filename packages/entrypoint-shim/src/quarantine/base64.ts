/** How many bytes become text at once: a multiple of three, and fewer than engines take as arguments. */
const PIECE = 3 * 8192;

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    text += btoa(String.fromCharCode.apply(null, bytes.subarray(at, at + PIECE) as unknown as number[]));
  return text;
}

/** The bytes again. @throws where it is no base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
