/**
 * Records what happens to a module, as plain JSON. Runs wherever the module does; what draws it is in `./html` and `./terminal`.
 * @module
 */
export type { FailureEvent, Json, OtherEvent, Timeline, TimelineEvent, Turn, Whose } from './document.js';
export { TIMELINE_VERSION } from './document.js';
export { TIMELINE_ERROR_CODES, TimelineError, type TimelineErrorCode } from './errors.js';
export { readTimeline } from './read.js';
export { type RecordedModule, type Recording, type RecordOptions, recordTimeline } from './record.js';
