import { MOST_PER_SECOND, MOST_POISON_PERCENT, type Order, type Settings } from '../protocol.ts';
import { PLACES, type Place, POISON_KINDS, type PoisonKind } from '../workers/requests.ts';

/** Reads an order from a request's body. Undefined where it is none. */
export function readOrder(text: string): Order | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(given)) return undefined;
  switch (given.do) {
    case 'restart':
      return { do: 'restart' };
    case 'set':
      return isRecord(given.settings) ? { do: 'set', settings: readSettings(given.settings) } : undefined;
    case 'poison': {
      const { kind, place } = given;
      if (!POISON_KINDS.includes(kind as PoisonKind)) return undefined;
      if (place !== undefined && !PLACES.includes(place as Place)) return undefined;
      return { do: 'poison', kind: kind as PoisonKind, ...(place !== undefined && { place: place as Place }) };
    }
    default:
      return undefined;
  }
}

function readSettings({ perSecond, poisonPercent, paused }: Record<string, unknown>): Partial<Settings> {
  return {
    ...(isUpTo(perSecond, MOST_PER_SECOND) && { perSecond }),
    ...(isUpTo(poisonPercent, MOST_POISON_PERCENT) && { poisonPercent }),
    ...(typeof paused === 'boolean' && { paused }),
  };
}

function isUpTo(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
