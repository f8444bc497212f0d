import { setImmediate as nextTick } from 'node:timers/promises';
import { askState, type ErrorRecord, type Outcome, outcomeOf, receive, recordError } from './ask.ts';
import type { End, Settled } from './messages.ts';
import type { Request } from './requests.ts';
import type { Client } from './service.ts';
import { isStateful, StateModel } from './state-model.ts';
import type { Policy } from './variants.ts';
import { Window } from './window.ts';

/** Requests in flight at once, at most. */
const WINDOW = 24;

/** A request that has no answer after this long gives its place to another. It may still be answered. */
const PATIENCE_MS = 1_000;

/** A request that has no answer this long after the last one was sent hangs: most need a millisecond, the slowest some hundred. */
const DEADLINE_MS = 5_000;

/** What a run is made of. */
export interface Run {
  readonly client: Client;
  readonly policy: Policy;
  readonly requests: readonly Request[];
  /** By request; null where the answer depends on state. */
  readonly expected: readonly (Outcome | null)[];
  readonly settled: (settled: Settled) => void;
}

/** Sends all requests, each as soon as there is a place, and says what became of each. */
export async function drive(run: Run): Promise<Omit<End, 'recoveries'>> {
  const model = new StateModel();
  const window = new Window(WINDOW);
  const pending = new Map<number, Promise<void>>();
  for (const request of run.requests) {
    await window.enter();
    pending.set(
      request.index,
      send(run, window, model, request).finally(() => pending.delete(request.index)),
    );
    // Requests arrive one by one: the event loop turns in between.
    await nextTick();
  }
  await Promise.race([Promise.all(pending.values()), deadline()]);
  const { acknowledged } = model;
  for (const index of pending.keys()) run.settled({ index, verdict: 'hung', ms: DEADLINE_MS, attempts: 1, lostWrites: 0, acknowledged });
  return { lostAtEnd: takeStock(run.client, model) };
}

function deadline(): Promise<void> {
  // Keeps the process alive: what it waits for may be nothing that the event loop knows of.
  return new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
}

/**
 * Sends one request. When it was lost through another one's failure it is sent once more, being idempotent; alone, since among those
 * that were lost together is the one that did it.
 */
async function send(run: Run, window: Window, model: StateModel, request: Request): Promise<void> {
  const arrived = performance.now();
  const { client, policy } = run;
  const ask = receive(request.work);
  for (let attempts = 1; ; attempts++) {
    const leave = leaveOnce(window);
    const patience = setTimeout(leave, PATIENCE_MS);
    let lost = false;
    const outcome = await outcomeOf(async () => {
      try {
        return await ask(client);
      } catch (error) {
        policy.failed(client.service, error);
        lost = policy.isLost(error);
        throw error;
      }
    });
    clearTimeout(patience);
    if (lost && attempts === 1) {
      leave();
      await window.enterAlone();
      continue;
    }
    const ms = performance.now() - arrived;
    const judged = judge(request, outcome, model, run.expected);
    run.settled({ index: request.index, ms, attempts, ...judged, acknowledged: model.acknowledged });
    leave();
    return;
  }
}

function leaveOnce(window: Window): () => void {
  let left = false;
  return () => {
    if (!left) window.leave();
    left = true;
  };
}

type Judged = Pick<Settled, 'verdict' | 'lostWrites'> & { readonly error?: ErrorRecord };

function judge(request: Request, outcome: Outcome, model: StateModel, expected: Run['expected']): Judged {
  const { work, poison } = request;
  if (poison !== undefined)
    return 'error' in outcome ? { verdict: 'failed', lostWrites: 0, error: outcome.error } : { verdict: 'masked', lostWrites: 0 };
  if (isStateful(work)) {
    if ('error' in outcome) return { verdict: 'collateral', lostWrites: 0, error: outcome.error };
    const { right, lost } = model.check(work, outcome.answer);
    return right
      ? { verdict: 'served', lostWrites: lost }
      : { verdict: 'collateral', lostWrites: lost, error: wrongAnswer(outcome.answer) };
  }
  const due = expected[request.index] ?? undefined;
  if (due !== undefined && same(outcome, due)) return { verdict: 'served', lostWrites: 0 };
  return { verdict: 'collateral', lostWrites: 0, error: 'error' in outcome ? outcome.error : wrongAnswer(outcome.answer) };
}

/** Whether two outcomes are the same to a caller. */
export function same(one: Outcome, other: Outcome): boolean {
  if ('answer' in one) return 'answer' in other && one.answer === other.answer;
  return 'error' in other && one.error.name === other.error.name && one.error.message === other.error.message;
}

function wrongAnswer(answer: string): ErrorRecord {
  return recordError(new RangeError(`a wrong answer: ${answer.slice(0, 80)}`));
}

/** Asks for everything that was acknowledged; returns how many writes are gone. */
function takeStock(client: Client, model: StateModel): number {
  let lost = 0;
  for (const work of model.inventory()) {
    const behind = model.writesBehind(work);
    try {
      lost += model.check(work, askState(client, work)).lost;
    } catch {
      lost += behind;
    }
  }
  return lost;
}
