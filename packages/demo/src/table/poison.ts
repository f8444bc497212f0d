import type { Random } from '../random.ts';
import { claimedPng } from './pictures.ts';
import type { Work } from './requests.ts';

/** An input that makes the service fail, and why. */
export interface Poison {
  readonly why: string;
  readonly work: (random: Random) => Work;
}

/** Deep enough for every engine's stack; a stack of 1 MiB ends after some ten thousand. */
const TOO_DEEP = 100_000;

// 381 MiB of pixels: more than the service may have, less than the image crate's own limit of 512 MiB.
const ABSURD_PNG = claimedPng(10_000, 10_000);

// Three bytes a character, so that most byte offsets fall inside one.
const JAPANESE = '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。';

/** Every poison. All but the buttons are input that a stranger can send. */
export const POISONS = {
  'picture of an absurd size': { why: 'out of memory in the decoder', work: () => ({ kind: 'thumbnail', picture: ABSURD_PNG, side: 32 }) },
  'upload of an absurd size': {
    why: 'out of memory, in a task',
    work: (random) => ({ kind: 'upload', picture: ABSURD_PNG, side: 32, bodyAt: random.between(0, 8) }),
  },
  'formula nested too deep': {
    why: 'stack overflow in a recursive parser',
    work: () => ({ kind: 'evaluate', formula: `${'('.repeat(TOO_DEEP)}1${')'.repeat(TOO_DEEP)}` }),
  },
  'order nested too deep': {
    why: 'stack overflow in a recursive parser',
    work: () => ({ kind: 'order', json: '{"items":['.repeat(TOO_DEEP) }),
  },
  'division by zero': {
    why: 'arithmetic panic',
    work: (random) => {
      const number = random.between(1, 99);
      return { kind: 'evaluate', formula: `100 / (${number} - ${number})` };
    },
  },
  'order without a price': {
    why: 'unwrap of a missing field',
    work: () => ({ kind: 'order', json: '{"items": [{"name": "tea", "quantity": 2}]}' }),
  },
  'row too short': { why: 'index out of bounds', work: () => ({ kind: 'column', csv: 'item,price\ntea,4\ncoffee', column: 'price' }) },
  'excerpt inside a character': {
    why: 'slice of a str at a byte that is no boundary',
    work: (random) => ({ kind: 'excerpt', source: JAPANESE, length: 3 * random.between(2, 9) + 1 }),
  },
  'article cut inside a character': {
    why: 'the same, in a task',
    work: (random) => ({ kind: 'publish', body: JAPANESE, length: 3 * random.between(2, 9) + 2, ...arrival(random) }),
  },
  'article that is null': {
    why: 'expect of a value that is not there, in a task',
    work: (random) => ({ kind: 'publish', body: null, length: 80, ...arrival(random) }),
  },
  'pattern that is no pattern': {
    why: 'unwrap of an error',
    work: () => ({ kind: 'search', pattern: 'error (', text: 'an error (of sorts)' }),
  },
  'transfer from nobody': {
    why: 'missing key, while the store is borrowed',
    work: () => ({ kind: 'transfer', from: 'nobody', to: 'no one' }),
  },
  'visitor that writes': {
    why: 'RefCell borrowed twice through a callback',
    work: () => ({ kind: 'review', count: 3, visitor: 'writes' }),
  },
  'panic button': { why: 'panic', work: () => ({ kind: 'button', button: 'panic' }) },
  'abort button': { why: 'abort', work: () => ({ kind: 'button', button: 'abort' }) },
} as const satisfies Record<string, Poison>;

/** The name of a poison. */
export type PoisonName = keyof typeof POISONS;

function arrival(random: Random): { bodyAt: number; storedAt: number; storage: 'works' } {
  const bodyAt = random.between(0, 8);
  return { bodyAt, storedAt: bodyAt + random.between(0, 8), storage: 'works' };
}
