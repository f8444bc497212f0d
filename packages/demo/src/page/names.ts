import type { Place } from '../workers/requests.ts';

/** What a place is called. */
export function placeName(place: Place): string {
  return place === 'worker' ? 'the Worker itself' : `object ${place}`;
}
