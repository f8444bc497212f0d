import type { Random } from '../random.ts';
import { claimedPng, PICTURES } from './pictures.ts';
import type { Work } from './requests.ts';

/** Good work and, where it is known without the service, its answer. */
export interface GoodWork {
  readonly work: Work;
  readonly known?: string;
}

type Maker = (random: Random, sessions: string[]) => GoodWork;

const WORDS = ['panic', 'memory', 'borrow', 'worker', 'request', 'poison', 'stack', 'module', 'turn', 'handle', 'trap', 'table'] as const;

// Larger than the image crate's own limit: refused in good order, which is an answer, not a failure.
const REFUSED_PNG = claimedPng(60_000, 60_000);

/** How often each kind of good work comes up, and how it is made. */
const MAKERS: readonly (readonly [weight: number, make: Maker])[] = [
  [14, (random) => ({ work: { kind: 'render', source: article(random) } })],
  [7, (random) => ({ work: { kind: 'excerpt', source: article(random), length: random.between(20, 200) } })],
  [18, (random) => ({ work: { kind: 'publish', body: article(random), length: random.between(20, 200), ...arrival(random) } })],
  [8, (random) => ({ work: { kind: 'thumbnail', picture: upload(random), side: random.between(8, 40) } })],
  [12, (random) => ({ work: { kind: 'upload', picture: upload(random), side: random.between(8, 40), bodyAt: random.between(0, 12) } })],
  [10, formula],
  [8, order],
  [5, column],
  [6, search],
  [6, (random, sessions) => ({ work: { kind: 'open', id: openSession(random, sessions) } })],
  [12, (random, sessions) => ({ work: { kind: 'add', id: someSession(random, sessions), amount: random.between(1, 500) } })],
  [5, (random, sessions) => ({ work: { kind: 'balance', id: someSession(random, sessions) } })],
  [6, () => ({ work: { kind: 'visit' } })],
  [5, (random) => ({ work: { kind: 'audit', line: sentence(random) } })],
  [3, (random) => ({ work: { kind: 'review', count: random.between(1, 5), visitor: 'reads' } })],
];

const WEIGHT = MAKERS.reduce((sum, [weight]) => sum + weight, 0);

/** An endless sequence of good work. */
export function goodWork(random: Random): { next(): GoodWork } {
  const sessions: string[] = [];
  return {
    next() {
      let ticket = random.between(1, WEIGHT);
      for (const [weight, make] of MAKERS) {
        ticket -= weight;
        if (ticket <= 0) return make(random, sessions);
      }
      throw new Error('the tickets and the weights disagree');
    },
  };
}

function arrival(random: Random): { bodyAt: number; storedAt: number; storage: 'works' | 'full' } {
  const bodyAt = random.between(0, 12);
  // A storage that refuses is a JavaScript error that Rust passes on: an answer, not a failure.
  return { bodyAt, storedAt: bodyAt + random.between(0, 12), storage: random.chance(0.08) ? 'full' : 'works' };
}

function upload(random: Random): Uint8Array {
  return random.chance(0.05) ? REFUSED_PNG : random.pick(PICTURES as [Uint8Array, ...Uint8Array[]]);
}

function openSession(random: Random, sessions: string[]): string {
  const id = `session-${sessions.length + 1}-${random.between(1000, 9999)}`;
  sessions.push(id);
  return id;
}

function someSession(random: Random, sessions: string[]): string {
  // A few ask for a session that never was.
  if (sessions.length === 0 || random.chance(0.03)) return 'session-never-opened';
  return sessions[random.between(Math.max(0, sessions.length - 12), sessions.length - 1)] ?? 'session-never-opened';
}

function sentence(random: Random): string {
  const words = Array.from({ length: random.between(4, 12) }, () => random.pick(WORDS));
  return `${words.join(' ')}.`;
}

/** An article in Markdown. ASCII only: its excerpts can be cut anywhere. */
function article(random: Random): string {
  const parts = [`# ${sentence(random)}`];
  for (let count = random.between(2, 8); count > 0; count--) {
    parts.push(
      random.pick([
        `${sentence(random)} *${random.pick(WORDS)}* and **${random.pick(WORDS)}**, [see](https://example.org/${random.pick(WORDS)}).`,
        `- ${sentence(random)}\n- \`${random.pick(WORDS)}\`\n  1. ${sentence(random)}`,
        `| ${random.pick(WORDS)} | ${random.pick(WORDS)} |\n|---|--:|\n| ${random.pick(WORDS)} | ${random.between(1, 999)} |`,
        `> ${sentence(random)}\n>\n> ${sentence(random)}`,
        `\`\`\`rust\nlet ${random.pick(WORDS)} = ${random.between(1, 99)};\n\`\`\``,
      ]),
    );
  }
  return parts.join('\n\n');
}

function formula(random: Random): GoodWork {
  const grow = (depth: number): { text: string; value: number } => {
    if (depth === 0 || random.chance(0.25)) {
      const value = random.between(0, 9);
      return { text: String(value), value };
    }
    const [left, right] = [grow(depth - 1), grow(depth - 1)];
    switch (random.pick(['+', '-', '*'] as const)) {
      case '+':
        return { text: `(${left.text} + ${right.text})`, value: (left.value + right.value) | 0 };
      case '-':
        return { text: `(${left.text}-${right.text})`, value: (left.value - right.value) | 0 };
      case '*':
        return { text: `${left.text} * ${right.text}`, value: Math.imul(left.value, right.value) };
    }
  };
  // Sums have parentheses of their own, so that the text means what was computed.
  const { text, value } = grow(random.between(1, 6));
  return { work: { kind: 'evaluate', formula: text }, known: String(value) };
}

function order(random: Random): GoodWork {
  let total = 0;
  const items = (depth: number): unknown[] =>
    Array.from({ length: random.between(1, 4) }, () => {
      if (depth > 0 && random.chance(0.3)) return { items: items(depth - 1) };
      const [price, quantity] = [random.between(1, 5000), random.between(1, 9)];
      total += price * quantity;
      return { name: random.pick(WORDS), price, quantity };
    });
  const json = JSON.stringify({ id: random.between(1, 1e6), paid: random.chance(0.5), items: items(4) });
  return { work: { kind: 'order', json }, known: String(total) };
}

function column(random: Random): GoodWork {
  let total = 0;
  const rows = Array.from({ length: random.between(5, 60) }, () => {
    const price = random.between(1, 900);
    total += price;
    return `${random.pick(WORDS)}, ${price}, ${random.between(1, 9)}`;
  });
  return { work: { kind: 'column', csv: `item, price, quantity\n${rows.join('\n')}`, column: 'price' }, known: String(total) };
}

function search(random: Random): GoodWork {
  const codes = Array.from({ length: random.between(3, 20) }, () => `E${random.between(100, 999)}`);
  const text = codes.map((code) => `${sentence(random)} ${code}: ${sentence(random)}`).join('\n');
  return { work: { kind: 'search', pattern: '\\bE[0-9]{3}\\b', text }, known: codes.join('\n') };
}
