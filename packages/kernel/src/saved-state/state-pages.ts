/**
 * A saved state (`saved-state.ts`) by pages, for whoever saves it again and again: of a page that hasn't changed nothing has to be written.
 */
import { STATE_BODY, STATE_PAGE } from './saved-state.js';

/** A saved state in pieces. */
export interface StatePages {
  /** All that is no memory: with it everything begins. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** What there is of each page, by its number, in order. A page of zeros isn't there. */
  readonly pages: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
}

/** Takes what `checkpoint()` gave apart. Nothing is copied. */
export function splitState(bytes: Uint8Array<ArrayBuffer>): StatePages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [values, record] = [STATE_BODY - 4, STATE_BODY].map((at) => view.getUint32(at, true)) as [number, number];
  const start = STATE_BODY + 4 + record + values;
  const pages = new Map<number, Uint8Array<ArrayBuffer>>();
  let [at, from, page] = [start, start, -1];
  const end = (): void => void (at > from && pages.set(page, bytes.subarray(from, at)));
  while (at < bytes.length) {
    const next = Math.floor(view.getUint32(at, true) / STATE_PAGE);
    if (next !== page) {
      end();
      from = at;
      page = next;
    }
    at += 8 + view.getUint32(at + 4, true);
  }
  end();
  return { head: bytes.subarray(0, start), pages };
}

/** Puts it together again, for `restore()`, which sees by the checksum whether something is missing. @param pages in their order */
export function joinState(head: Uint8Array, pages: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const all = [head, ...pages];
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
