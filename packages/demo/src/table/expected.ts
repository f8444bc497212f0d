import { type Outcome, outcomeOf, receive } from './ask.ts';
import type { Request } from './requests.ts';
import { Client, type Service } from './service.ts';
import { isStateful } from './state-model.ts';

/**
 * What each good request must be answered: by a service of its own that never saw poison, and where the answer can be known without
 * it, checked against that. Null for poison and for requests about state.
 */
export async function expectedOutcomes(service: Service, requests: readonly Request[]): Promise<(Outcome | null)[]> {
  const client = new Client(service, () => false);
  const outcomes: (Outcome | null)[] = [];
  for (const { work, poison, known } of requests) {
    if (poison !== undefined || isStateful(work)) {
      outcomes.push(null);
      continue;
    }
    // No waiting: what a body contains doesn't depend on when it comes.
    const atOnce = work.kind === 'publish' ? { ...work, bodyAt: 0, storedAt: 0 } : work.kind === 'upload' ? { ...work, bodyAt: 0 } : work;
    const outcome = await outcomeOf(() => receive(atOnce)(client));
    if (known !== undefined && !('answer' in outcome && outcome.answer === known)) {
      throw new Error(`The service is wrong: for ${JSON.stringify(work)} it says ${JSON.stringify(outcome)}, not ${known}.`);
    }
    outcomes.push(outcome);
  }
  return outcomes;
}
