import { UNKNOWN_SESSION } from './ask.ts';
import type { StatefulWork, Work } from './requests.ts';

/** Whether an answer is right, and how many acknowledged writes it shows to be gone. */
export interface Checked {
  readonly right: boolean;
  readonly lost: number;
}

interface Session {
  balance: number;
  /** Acknowledged writes that it consists of. */
  writes: number;
}

const RIGHT: Checked = { right: true, lost: 0 };
const WRONG: Checked = { right: false, lost: 0 };

/** Whether a work's answer depends on what was acknowledged before. */
export function isStateful(work: Work): work is StatefulWork {
  switch (work.kind) {
    case 'open':
    case 'add':
    case 'balance':
    case 'visit':
    case 'audit':
    case 'review':
      return true;
    default:
      return false;
  }
}

/**
 * What the service has acknowledged, and so what it must answer. State that is gone must be gone whole (an unknown session, a
 * counter that begins anew): that is counted as lost. Any other difference is a wrong answer.
 */
export class StateModel {
  readonly #sessions = new Map<string, Session>();
  #visits = 0;
  #audit: string[] = [];
  #acknowledged = 0;

  /** Writes acknowledged so far, lost or not. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Work that asks for everything that should be there. */
  inventory(): StatefulWork[] {
    const sessions = [...this.#sessions.keys()].map((id): StatefulWork => ({ kind: 'balance', id }));
    return [...sessions, { kind: 'review', count: this.#audit.length, visitor: 'reads' }, { kind: 'visit' }];
  }

  /** How many acknowledged writes stand behind what a work asks for: lost when it can't be answered. */
  writesBehind(work: StatefulWork): number {
    switch (work.kind) {
      case 'open':
      case 'add':
      case 'balance':
        return this.#sessions.get(work.id)?.writes ?? 0;
      case 'visit':
        return this.#visits;
      case 'audit':
      case 'review':
        return this.#audit.length;
    }
  }

  /** Checks an answer and learns from it. */
  check(work: StatefulWork, answer: string): Checked {
    switch (work.kind) {
      case 'open':
        this.#acknowledged++;
        this.#sessions.set(work.id, { balance: 0, writes: 1 });
        return answer === 'opened' ? RIGHT : WRONG;
      case 'add':
        return this.#checkSession(work.id, answer, work.amount);
      case 'balance':
        return this.#checkSession(work.id, answer, 0);
      case 'visit':
        return this.#checkVisit(Number(answer));
      case 'audit':
        return this.#checkAudit(work.line, Number(answer));
      case 'review':
        return this.#checkReview(work.count, answer);
    }
  }

  #checkSession(id: string, answer: string, amount: number): Checked {
    const session = this.#sessions.get(id);
    if (answer === UNKNOWN_SESSION) {
      this.#sessions.delete(id);
      return { right: true, lost: session?.writes ?? 0 };
    }
    if (session === undefined) return WRONG;
    const right = Number(answer) === session.balance + amount;
    session.balance = Number(answer);
    if (amount > 0) {
      this.#acknowledged++;
      session.writes++;
    }
    return right ? RIGHT : WRONG;
  }

  #checkVisit(count: number): Checked {
    const before = this.#visits;
    this.#acknowledged++;
    this.#visits = count;
    if (count === before + 1) return RIGHT;
    return count === 1 ? { right: true, lost: before } : WRONG;
  }

  #checkAudit(line: string, length: number): Checked {
    const before = this.#audit.length;
    this.#acknowledged++;
    if (length === before + 1) {
      this.#audit.push(line);
      return RIGHT;
    }
    this.#audit = [line];
    return length === 1 ? { right: true, lost: before } : WRONG;
  }

  #checkReview(count: number, answer: string): Checked {
    if (answer === review(this.#audit, count)) return RIGHT;
    const lost = this.#audit.length;
    this.#audit = [];
    return answer === review([], count) ? { right: true, lost } : WRONG;
  }
}

function review(log: readonly string[], count: number): string {
  return [`${log.length} lines`, ...log.slice(-count).reverse()].join('\n');
}
