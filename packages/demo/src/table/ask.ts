import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatefulWork, Work } from './requests.ts';
import type { Client } from './service.ts';

/** What came of a request, as something that can be compared and sent. */
export type Outcome = { readonly answer: string } | { readonly error: ErrorRecord };

/** What a caller sees of an error. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Where Rust panicked, for errors that carry it apart from their message. */
  readonly location?: string;
}

/** The answer for a session that the service doesn't know: an answer in band, not an error. */
export const UNKNOWN_SESSION = 'unknown session';

/** The message of a storage that refuses. */
export const STORAGE_FULL = 'the storage is full';

/** A request that has arrived: sends it to the service, as often as it is called. Throws, or rejects with, what the service throws. */
export type Send = (client: Client) => string | Promise<string>;

/** Receives a request: from now on its body is on its way, and once it is there it stays, however often the request is sent. */
export function receive(work: Work): Send {
  switch (work.kind) {
    case 'publish': {
      const body = sleep(work.bodyAt, work.body);
      const stored = sleep(work.storedAt).then(() => {
        if (work.storage === 'full') throw new Error(STORAGE_FULL);
      });
      // Rust may never get as far as waiting for it.
      stored.catch(() => {});
      return ({ service }) => service.publish(body, work.length, stored);
    }
    case 'upload': {
      const body = sleep(work.bodyAt, work.picture);
      return ({ service }) => service.upload_picture(body, work.side).then(digest);
    }
    default:
      return (client) => askNow(client, work);
  }
}

function askNow(client: Client, work: Exclude<Work, { kind: 'publish' | 'upload' }>): string {
  const { service } = client;
  switch (work.kind) {
    case 'render':
      return service.render_markdown(work.source);
    case 'excerpt':
      return service.excerpt(work.source, work.length);
    case 'thumbnail':
      return digest(service.thumbnail(work.picture, work.side));
    case 'evaluate':
      return String(service.evaluate(work.formula));
    case 'order':
      return String(service.order_total(work.json));
    case 'column':
      return String(service.column_total(work.csv, work.column));
    case 'search':
      return service.search(work.pattern, work.text);
    case 'transfer':
      return String(client.sessions((store) => store.transfer(work.from, work.to)));
    case 'button':
      service[`${work.button}_button`]();
      return 'pressed';
    default:
      return askState(client, work);
  }
}

/** Does the work whose answer depends on what was asked before. */
export function askState(client: Client, work: StatefulWork): string {
  const { service } = client;
  switch (work.kind) {
    case 'open':
      client.sessions((store) => store.open(work.id));
      return 'opened';
    case 'add':
      return String(client.sessions((store) => store.add(work.id, work.amount)) ?? UNKNOWN_SESSION);
    case 'balance':
      return String(client.sessions((store) => store.balance(work.id)) ?? UNKNOWN_SESSION);
    case 'visit':
      return String(service.count_visit());
    case 'audit':
      return String(service.audit(work.line));
    case 'review': {
      const shown: string[] = [];
      service.review_audit(work.count, (line) => {
        shown.push(line);
        if (work.visitor === 'writes') service.audit(`seen: ${line}`);
      });
      return shown.join('\n');
    }
  }
}

/** The same, with whatever is thrown as data. */
export async function outcomeOf(run: () => string | Promise<string>): Promise<Outcome> {
  try {
    return { answer: await run() };
  } catch (error) {
    return { error: recordError(error) };
  }
}

/** An error as its caller sees it. */
export function recordError(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { name, message } = error;
  const { code, panic } = error as { code?: unknown; panic?: { location?: { file: string; line: number } } };
  const location = panic?.location;
  return {
    name,
    message,
    ...(typeof code === 'string' && { code }),
    ...(location && { location: `${location.file}:${location.line}` }),
  };
}

function digest(bytes: Uint8Array): string {
  return `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}
