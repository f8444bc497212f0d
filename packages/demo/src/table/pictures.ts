import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

/** Small pictures of each format that the service takes. */
export const PICTURES: readonly [Uint8Array, ...Uint8Array[]] = [picture('photo.jpg'), picture('badge.gif'), picture('map.png')];

function picture(name: string): Uint8Array {
  // Two folders up from `src` and from `dist` alike.
  return new Uint8Array(readFileSync(new URL(`../../assets/${name}`, import.meta.url)));
}

/** A PNG of a few dozen bytes whose header claims a size. */
export function claimedPng(width: number, height: number): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6], 8); // eight bits a channel, RGBA
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([
    ...signature,
    ...chunk('IHDR', header),
    ...chunk('IDAT', deflateSync(new Uint8Array(64))),
    ...chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

// Node's own `zlib.crc32` came with 20.15 and 22.2.
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
