import { TIMELINE_VERSION, type Timeline } from './document.js';
import { TimelineError } from './errors.js';

type Check = (value: unknown, path: string) => void;

/**
 * Reads a timeline that was written as JSON.
 * @throws TimelineError `REVIVE_BAD_TIMELINE`, `REVIVE_UNKNOWN_TIMELINE_VERSION`
 */
export function readTimeline(json: string): Timeline {
  let value: unknown;
  try {
    // What PowerShell writes begins with a byte order mark.
    value = JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw notATimeline(`it is not JSON (${error instanceof Error ? error.message : error})`, error);
  }
  const version = isObject(value) ? value.version : undefined;
  if (isObject(value) && 'heardFrom' in value && version !== TIMELINE_VERSION) {
    throw new TimelineError(
      'REVIVE_UNKNOWN_TIMELINE_VERSION',
      `The timeline is of version ${JSON.stringify(version)}; this package reads version ${TIMELINE_VERSION}. Use the version of @wasm-revive/timeline that recorded it, or a newer one.`,
    );
  }
  TIMELINE(value, '');
  return value as Timeline;
}

function notATimeline(why: string, cause?: unknown): TimelineError {
  return new TimelineError(
    'REVIVE_BAD_TIMELINE',
    `This is not a timeline of wasm-revive: ${why}. A timeline is what \`stop()\` of a recording gives; write it with \`JSON.stringify(timeline)\`.`,
    { cause },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function be(what: string, is: (value: unknown) => boolean): Check {
  return (value, path) => {
    if (!is(value)) throw notATimeline(`${path === '' ? 'it' : `\`${path}\``} is not ${what}`);
  };
}

const text = be('a text', (value) => typeof value === 'string');
const number = be('a number', Number.isFinite);
const object = be('an object', isObject);

function optional(check: Check): Check {
  return (value, path) => {
    if (value !== undefined) check(value, path);
  };
}

function list(check: Check): Check {
  return (value, path) => {
    be('a list', Array.isArray)(value, path);
    for (const [index, item] of (value as unknown[]).entries()) check(item, `${path}[${index}]`);
  };
}

function fields(checks: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    object(value, path);
    for (const [name, check] of Object.entries(checks))
      check((value as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`);
  };
}

const FRAMES = list(fields({ function: optional(text), index: optional(number), offset: optional(number) }));
const PANIC = fields({ message: text, location: optional(fields({ file: text, line: number, column: number })), frames: FRAMES });
const UNWOUND = fields({ panic: PANIC });
const ABORTED = fields({
  cause: text,
  panic: optional(PANIC),
  allocation: optional(fields({ size: number, align: number })),
  trap: fields({ name: text, message: text }),
  frames: FRAMES,
});

const REPORT = fields({
  failure(value, path) {
    fields({ kind: be('unwound or aborted', (kind) => kind === 'unwound' || kind === 'aborted') })(value, path);
    (isObject(value) && value.kind === 'unwound' ? UNWOUND : ABORTED)(value, path);
  },
  fingerprint: text,
  entrypoint: optional(text),
  task: optional(number),
  breadcrumbs: optional(list(text)),
  memoryBytes: number,
  uptimeMs: number,
  callsLost: number,
  recovery: text,
});

const TIMELINE = fields({
  module: text,
  startedAt: be('a time', (value) => typeof value === 'number' && !Number.isNaN(new Date(value).getTime())),
  ms: number,
  heardFrom: number,
  turns: list(
    fields({
      instance: optional(text),
      generation: number,
      at: number,
      ms: optional(number),
      entrypoint: text,
      outcome: be('ended, failed, lost or open', (value) => ['ended', 'failed', 'lost', 'open'].includes(value as string)),
      callsInFlight: optional(number),
    }),
  ),
  events: list((value, path) => {
    fields({ name: text, at: number, instance: optional(text), generation: optional(number) })(value, path);
    const { name, report } = value as Record<string, unknown>;
    if (name === 'failure' && report !== undefined) REPORT(report, `${path}.report`);
    else fields({ fields: object })(value, path);
  }),
  leftOut: fields({ turns: number, events: number }),
});
