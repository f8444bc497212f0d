import { describe, expect, it } from 'vitest';
import { PanicError } from '../src/errors.js';
import { LONGEST_TEXT, redactAndShorten, shorten } from '../src/report/text-limits.js';

describe('texts without end (I6)', () => {
  it('are shortened with a note of how much is left out, and are so once', () => {
    const long = shorten('x'.repeat(20_000_000));
    expect(long.length).toBeLessThanOrEqual(LONGEST_TEXT);
    const [, kept = '', left = ''] = /^(x+)… \[([0-9]+) more characters left out\]$/.exec(long) ?? [];
    expect(kept.length + Number(left)).toBe(20_000_000);
    expect(shorten(long)).toBe(long);
    expect(shorten('short')).toBe('short');
  });

  it('are not cut within a character', () => {
    expect(shorten(`${'x'.repeat(10)}${'😀'.repeat(LONGEST_TEXT)}`)).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    expect(shorten(`${'x'.repeat(11)}${'😀'.repeat(LONGEST_TEXT)}`)).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });

  it.each([1, 3, 400, 20_000])(
    'keep nothing of a secret that the cut before redacting has halved (text of %i secrets in front)',
    (count) => {
      const secret = 'key-0123456789abcdef';
      const text = `${secret.repeat(count)}${'y'.repeat(4 * LONGEST_TEXT)}${secret}`.repeat(3);
      const redacted = redactAndShorten(text, (part) => part.replaceAll(secret, ''));
      expect(redacted).not.toContain('key-');
      expect(redacted.length).toBeLessThanOrEqual(LONGEST_TEXT);
    },
  );

  it('are shortened in a PanicError', () => {
    expect(new PanicError('x'.repeat(20_000_000)).message.length).toBeLessThanOrEqual(LONGEST_TEXT);
  });
});
