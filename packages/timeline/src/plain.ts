import { describeThrown, isError, isReviveError, lookAt, type Redact, shorten } from '@wasm-revive/kernel';
import type { Json } from './document.js';

/** How deep objects may stand in an event, and how many members each may have. */
const DEEPEST = 3;
const MOST_MEMBERS = 32;

/** What is said elsewhere: of an error, the report is an event of its own. */
const ELSEWHERE = ['report', 'cause', 'message'];

/**
 * What an event says, as JSON. Getters and proxies may run code of the program's and throw, so that nothing is read twice.
 * @param redact what the messages of errors of the program's own pass
 */
export function plainFields(event: unknown, redact: Redact): Record<string, Json> {
  if (typeof event !== 'object' || event === null) return { value: plain(event, redact, 0) ?? null };
  const said = isError(event) ? { message: messageOf(event, redact) } : {};
  return { ...said, ...members(event, redact, 0) };
}

function members(value: object, redact: Redact, depth: number): Record<string, Json> {
  const names = lookAt(() => Object.keys(value), []).slice(0, MOST_MEMBERS);
  const found: [string, Json][] = [];
  for (const name of names) {
    if (isError(value) && ELSEWHERE.includes(name)) continue;
    const member = lookAt(() => (value as Record<string, unknown>)[name], undefined);
    // What a program threw may be anything, and is its own.
    const json = name === 'error' ? thrown(member, redact) : plain(member, redact, depth + 1);
    if (json !== undefined) found.push([shorten(name, 100), json]);
  }
  return Object.fromEntries(found);
}

function plain(value: unknown, redact: Redact, depth: number): Json | undefined {
  switch (typeof value) {
    case 'string':
      return shorten(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return shorten(String(value), 100);
    case 'object':
      return value === null ? null : plainObject(value, redact, depth);
    default:
      return undefined;
  }
}

function plainObject(value: object, redact: Redact, depth: number): Json {
  if (isError(value)) return thrown(value, redact) ?? null;
  if (depth >= DEEPEST) return '…';
  if (!Array.isArray(value)) return members(value, redact, depth);
  return lookAt(() => value.slice(0, MOST_MEMBERS), []).map((item) => plain(item, redact, depth + 1) ?? null);
}

function thrown(value: unknown, redact: Redact): Json | undefined {
  if (value === undefined) return undefined;
  const { name } = describeThrown(value);
  return { name: shorten(name, 100), message: messageOf(value, redact) };
}

/** What this project's own errors say has been through the program's redaction. */
function messageOf(value: unknown, redact: Redact): string {
  const { message } = describeThrown(value);
  return isReviveError(value) ? shorten(message) : redact(message);
}
