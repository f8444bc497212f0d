/**
 * The process that one variant runs in. It takes its job from standard input and tells what happens on standard output, one JSON
 * line each, written synchronously: what was told before the process died was told.
 */
import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { recordError } from './ask.ts';
import { drive } from './drive.ts';
import { expectedOutcomes } from './expected.ts';
import type { Job, Message } from './messages.ts';
import { makeRequests } from './requests.ts';
import { takeSamples } from './sample.ts';
import { Client, loadService } from './service.ts';
import { policyOf } from './variants.ts';

await work(JSON.parse(await text(process.stdin)) as Job);

async function work(job: Job): Promise<void> {
  switch (job.do) {
    case 'expect':
      tell({ tell: 'expected', expected: await expectedOutcomes(await loadService(job.dir), makeRequests(job.seed, job.count)) });
      break;
    case 'sample':
      tell({ tell: 'samples', samples: await takeSamples(job) });
      break;
    case 'drive':
      await driveVariant(job);
      break;
  }
  // Calls that hang, and their timers, must not keep the process.
  process.exit(0);
}

async function driveVariant(job: Extract<Job, { do: 'drive' }>): Promise<void> {
  const instances = countInstances();
  const policy = policyOf(job.variant);
  const service = await loadService(job.dir);
  let settledCount = 0;
  if (job.uncaught === 'log') {
    const log = (error: unknown): void => {
      policy.failed(service, error);
      tell({ tell: 'uncaught', error: recordError(error), after: settledCount });
    };
    process.on('uncaughtException', log).on('unhandledRejection', log);
  }
  const end = await drive({
    client: new Client(service, policy.isStale),
    policy,
    requests: makeRequests(job.seed, job.count),
    expected: job.expected,
    settled(settled) {
      settledCount++;
      tell({ tell: 'settled', settled });
    },
  });
  tell({ tell: 'end', end: { ...end, recoveries: policy.recoveries(service, instances()) } });
}

/** Counts the instances that are made: upstream's recovery doesn't tell when it makes one. */
function countInstances(): () => number {
  let made = 0;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args: ConstructorParameters<typeof Instance>, newTarget) {
      made++;
      return Reflect.construct(target, args, newTarget) as WebAssembly.Instance;
    },
  });
  return () => made;
}

function tell(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}
