import type { Json } from './document.js';

/** What an event says, besides whose it is. */
export type Fields = Readonly<Record<string, Json>>;

/** Gives what is said of an event in one line, and the fields that are not in it. */
type Title = (fields: Fields, generation: string) => readonly [text: string, others: Fields];

/** For the events of supervision, retries, recycling, drains and persisted state, by their names. A field may be missing, or be anything. */
const TITLES: ReadonlyMap<string, Title> = new Map<string, Title>([
  [
    'opened',
    ({ retryAfter, attempt, error, ...others }) => [`calls are refused for ${time(retryAfter)}${nth(attempt)}${because(error)}`, others],
  ],
  ['probing', ({ attempt, ...others }) => [`an instance is made for a call${nth(attempt)}`, others]],
  ['closed', (fields) => ['whatever fails is made anew again', fields]],
  [
    'recycled',
    ({ from, reason, ...others }, serves) => [`${serves} serves in place of ${shown(from)}, which was well (${shown(reason)})`, others],
  ],
  ['recycleFailed', ({ reason, error, ...others }, own) => [`${own} cannot be replaced (${shown(reason)})${because(error)}`, others]],
  [
    'drained',
    ({ callsLost, ...others }, own) => [
      `${own} has ended${callsLost === 0 ? '' : `; calls in flight that were rejected: ${shown(callsLost)}`}`,
      others,
    ],
  ],
  [
    'overBudget',
    ({ givenUp, ...others }, own) => [
      givenUp === 'nothing'
        ? 'all instances take more than the budget of memory, and are in use'
        : `${givenUp === 'standby' ? 'what was made ahead' : own} was given up for the budget of memory`,
      others,
    ],
  ],
  ['retried', ({ entrypoint, attempt, error, ...others }) => [`${shown(entrypoint)} is run again${nth(attempt)}${because(error)}`, others]],
  ['restored', ({ name, ...others }, own) => [`${own} has begun with ${shown(name)}`, others]],
  [
    'persistFailed',
    ({ name, action, reason, ...others }, own) => [`${own} could not ${shown(action)} ${shown(name)}${because(reason)}`, others],
  ],
]);

/** One line for an event that is known by its name. */
export function titleByName(name: string, fields: Fields, generation: number | undefined): string | undefined {
  const title = TITLES.get(name);
  if (title === undefined) return undefined;
  const [text, others] = title(fields, generation === undefined ? 'an instance' : `generation ${generation}`);
  return `${name}: ${text}${also(others)}`;
}

function nth(attempt: Json | undefined): string {
  return attempt === undefined ? '' : `, attempt ${shown(attempt)}`;
}

/** The message of an error, or what else stands for it. */
function because(error: Json | undefined): string {
  if (error === undefined) return '';
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return `: ${shown(message)}`;
}

function time(ms: Json | undefined): string {
  return typeof ms === 'number' ? duration(ms) : shown(ms);
}

export function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${((ms % 60_000) / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(4))} s`;
  if (ms >= 1) return `${Number(ms.toPrecision(4))} ms`;
  return `${Number((ms * 1000).toPrecision(3))} µs`;
}

/** What is known of an event besides. */
export function also(fields: Fields): string {
  const said = Object.entries(fields).map(([name, value]) => `${name}: ${shown(value)}`);
  return said.length === 0 ? '' : `; ${said.join(', ')}`;
}

export function shown(value: Json | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '?');
}
