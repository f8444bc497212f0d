import { describe, expect, test } from 'vitest';
import { Model } from '../../src/page/model.ts';
import type { StageEvent } from '../../src/protocol.ts';

function modelOf(...events: StageEvent[]): Model {
  const model = new Model();
  model.hear({ tell: 'started', at: 0, panic: 'abort', kinds: ['plain', 'fresh'] });
  for (const event of events) model.hear(event);
  return model;
}

describe('what the page knows', () => {
  test('an instance serves its place until the next one does, and no other place', () => {
    const model = modelOf(
      { tell: 'instance', at: 10, kind: 'fresh', place: 3, generation: 1 },
      { tell: 'instance', at: 10, kind: 'fresh', place: 'worker', generation: 1 },
      { tell: 'instance', at: 50, kind: 'fresh', place: 3, generation: 2 },
    );
    expect(model.barsOf('fresh')).toEqual([
      { place: 3, generation: 1, from: 10, to: 50 },
      { place: 'worker', generation: 1, from: 10, to: undefined },
      { place: 3, generation: 2, from: 50, to: undefined },
    ]);
    expect(model.barsOf('plain')).toEqual([]);
  });

  test('good requests are counted by the second in which they end; poison is not', () => {
    const model = modelOf(
      { tell: 'sent', at: 900, request: 1, place: 0 },
      { tell: 'sent', at: 900, request: 2, place: 0 },
      { tell: 'sent', at: 900, request: 3, place: 0, poison: 'abort' },
      { tell: 'settled', at: 1_100, request: 1, kind: 'plain', verdict: 'served', ms: 200 },
      { tell: 'settled', at: 1_200, request: 2, kind: 'plain', verdict: 'collateral', ms: 300, text: '500' },
      { tell: 'settled', at: 1_300, request: 3, kind: 'plain', verdict: 'hung', ms: 400, text: 'no answer' },
    );
    expect(model.secondOf('plain', 1)).toEqual({ served: 1, letDown: 1 });
    expect(model.secondOf('plain', 0)).toBeUndefined();
    expect(model.lastPoison?.ends.get('plain')).toEqual({ at: 1_300, verdict: 'hung', text: 'no answer' });
  });

  test('what is older than a minute is forgotten, but for instances that serve', () => {
    const model = modelOf(
      { tell: 'instance', at: 0, kind: 'plain', generation: 1 },
      { tell: 'instance', at: 10, kind: 'plain', generation: 2 },
      { tell: 'sent', at: 900, request: 1, place: 0 },
      { tell: 'settled', at: 950, request: 1, kind: 'plain', verdict: 'served', ms: 50 },
      { tell: 'sent', at: 70_000, request: 2, place: 0 },
      { tell: 'state', at: 70_000, workers: [] },
    );
    expect(model.traces.map(({ request }) => request)).toEqual([2]);
    expect(model.barsOf('plain')).toEqual([{ place: undefined, generation: 2, from: 10, to: undefined }]);
    expect(model.secondOf('plain', 0)).toBeUndefined();
  });
});
