import { expect, test } from 'vitest';
import type { StageEvent } from '../../src/protocol.ts';
import { Story } from '../../src/server/story.ts';

/** What somebody hears who comes now. */
function told(story: Story): StageEvent[] {
  const events: StageEvent[] = [];
  story.listen((event) => events.push(event))();
  return events;
}

const STARTED = { tell: 'started', at: 0, panic: 'abort', kinds: ['plain'] } as const;

test('who comes later hears how it began, how it stands, and what happened in the last minute', () => {
  const story = new Story();
  story.tell({ ...STARTED, panic: 'unwind' });
  story.tell({ tell: 'sent', at: 1, request: 0, place: 0 });
  const since: StageEvent[] = [
    STARTED,
    { tell: 'state', at: 70_000, workers: [] },
    { tell: 'instance', at: 20, kind: 'plain', generation: 2 },
    { tell: 'sent', at: 69_000, request: 2, place: 0 },
  ];
  const [started, state, instance, sent] = since as [StageEvent, StageEvent, StageEvent, StageEvent];
  story.tell(started);
  story.tell({ tell: 'instance', at: 10, kind: 'plain', generation: 1 });
  story.tell(instance);
  story.tell({ tell: 'sent', at: 30, request: 1, place: 0 });
  story.tell(sent);
  story.tell(state);
  expect(told(story)).toEqual(since);
});

test('who listens hears each event once, until it stops', () => {
  const story = new Story();
  const heard: StageEvent[] = [];
  const stop = story.listen((event) => heard.push(event));
  story.tell(STARTED);
  stop();
  story.tell({ tell: 'sent', at: 1, request: 0, place: 0 });
  expect(heard).toEqual([STARTED]);
});
