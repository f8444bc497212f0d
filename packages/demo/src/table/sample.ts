import { createRandom } from '../random.ts';
import { outcomeOf, receive } from './ask.ts';
import type { Job, Sample } from './messages.ts';
import { POISONS, type PoisonName } from './poison.ts';
import { Client, loadService } from './service.ts';
import { policyOf } from './variants.ts';

/** The poisons whose errors are shown: a panic and two aborts. */
const SHOWN: readonly PoisonName[] = ['order without a price', 'picture of an absurd size', 'order nested too deep'];

/** Gives the service each of a few poisons, one at a time, and asks how it is afterwards. */
export async function takeSamples(job: Extract<Job, { do: 'sample' }>): Promise<Sample[]> {
  const policy = policyOf(job.variant);
  const client = new Client(await loadService(job.dir), policy.isStale);
  const samples: Sample[] = [];
  for (const poison of SHOWN) {
    const error = await outcomeOf(async () => {
      try {
        return await receive(POISONS[poison].work(createRandom(0)))(client);
      } catch (error) {
        policy.failed(client.service, error);
        throw error;
      }
    });
    const next = await outcomeOf(() => receive({ kind: 'evaluate', formula: '2 * (3 + 4)' })(client));
    samples.push({ poison, error, next });
  }
  return samples;
}
