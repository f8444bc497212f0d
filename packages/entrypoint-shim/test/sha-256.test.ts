import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '../src/quarantine/sha-256.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('SHA-256', () => {
  // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values, and FIPS 180-2, appendix B.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('has the value that NIST gives for %.60s', (text, expected) => {
    expect(new Sha256().update(bytesOf(text)).hex()).toBe(expected);
  });

  it('has the value that Node.js gives, in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
        const [own, nodes] = [new Sha256(), createHash('sha256')];
        for (const piece of pieces) {
          own.update(piece);
          nodes.update(piece);
        }
        expect(own.hex()).toBe(nodes.digest('hex'));
      }),
      { numRuns: 500 },
    );
  });
});
