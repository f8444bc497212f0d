/** The process in which one variant serves while some of its calls fail, and in which its memory is weighed. */
import { abortInstance, type Fixture, loadFixture, siblingOf } from './fixture.ts';
import { answer, nextTurn, weigh } from './worker-process.ts';

/** What the worker is asked. */
export type LoadRequest =
  | (Loaded & {
      readonly do: 'serve' /** How many calls there are for each that fails; Infinity: none does. */;
      readonly every: number;
      readonly ms: number;
    })
  | (Loaded & { readonly do: 'fill'; readonly mebibytes: number; readonly aborts: number })
  | (Loaded & { readonly do: 'idle'; readonly siblings: number });

interface Loaded {
  readonly file: string;
  readonly resetByHand: boolean;
}

/** How many calls are served before the event loop gets its turn. */
const AT_ONCE = 100;

const TEXT = 'a string of 32 ASCII characters.';

answer<LoadRequest>(async (request) => {
  const fixture = loadFixture(request.file);
  switch (request.do) {
    case 'serve':
      await serve(fixture, request, request.ms / 4);
      return serve(fixture, request, request.ms);
    case 'fill':
      return fill(fixture, request);
    case 'idle':
      return idle(fixture, request.siblings);
  }
});

/** Calls a second that went well. */
async function serve(fixture: Fixture, { every, resetByHand }: { every: number; resetByHand: boolean }, ms: number): Promise<number> {
  const began = performance.now();
  let calls = 0;
  let served = 0;
  while (performance.now() - began < ms) {
    for (let i = 0; i < AT_ONCE; i++) {
      if (++calls % every !== 0) {
        if (fixture.echo(TEXT) === TEXT) served++;
        continue;
      }
      abortInstance(fixture, resetByHand);
      // Note: upstream resets in this call. One with a string would write it into the dead instance, before the guard.
      fixture.empty();
    }
    await nextTurn();
  }
  return (served * 1000) / (performance.now() - began);
}

/** Fills each instance's memory and aborts it. Gives how much resident memory grew at most, in bytes. */
async function fill(
  fixture: Fixture,
  { mebibytes, aborts, resetByHand }: { mebibytes: number; aborts: number; resetByHand: boolean },
): Promise<number> {
  abortInstance(fixture, resetByHand);
  fixture.empty();
  const before = await weigh();
  let peak = before;
  for (let i = 0; i < aborts; i++) {
    fixture.fill(mebibytes);
    abortInstance(fixture, resetByHand);
    peak = Math.max(peak, process.memoryUsage.rss());
    await nextTurn();
  }
  return peak - before;
}

/** Gives how much resident memory each sibling takes that was called once, in bytes. */
async function idle(fixture: Fixture, count: number): Promise<number> {
  fixture.__revive?.configure({ maxInstances: count + 1 });
  // The first brings code with it.
  siblingOf(fixture, 'first').empty();
  const before = await weigh();
  for (let key = 0; key < count; key++) siblingOf(fixture, key).empty();
  return ((await weigh()) - before) / count;
}
