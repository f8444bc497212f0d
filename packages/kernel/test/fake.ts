/** An instance without Wasm: a scope that does nothing, and an owner that writes down what it is asked and told. */
import {
  CONTRACT,
  type CrashReport,
  composePlugins,
  describedModule,
  type Factory,
  type Host,
  Instance,
  type Owner,
  type Plugin,
  type Recovery,
  type Redact,
  type ReportDraft,
} from '../src/index.js';

/** What {@link makeInstance} gives. */
export interface Made {
  readonly instance: Instance;
  /** What generated code would call. */
  readonly host: Host;
  /** How many imports are running. */
  readonly stack: { imports: number };
  /** What was asked and told, in order: `decide fresh`, `failed fresh`, `released`. */
  readonly log: string[];
  /** What was told, as it was told: nobody has read it yet. */
  readonly drafts: ReportDraft[];
  /** What was told. */
  readonly reports: readonly CrashReport[];
}

/** What {@link makeInstance} is made with. */
export interface Making {
  readonly plugins?: readonly Plugin[];
  /** The supervisor's word. Default: what was asked. */
  readonly decide?: (asked: Recovery) => Recovery;
  /** What the program takes out of texts, asked each time. */
  readonly redact?: () => Redact | undefined;
  /** Whether the plugins come before the one that recognises traps. */
  readonly spiesFirst?: boolean;
  /** Whether the module catches panics. */
  readonly unwinds?: boolean;
}

/** A trap is a RuntimeError; everything else is an ordinary error, as for a detector that knows nothing more. */
export const trapsAreAborts: Plugin = {
  name: 'traps',
  threw({ error, origin, condemn, panic }) {
    if (panic !== undefined) return { kind: 'unwound', panic: { message: panic.error.message, frames: [] } };
    if (origin === 'own' && error instanceof WebAssembly.RuntimeError) {
      condemn();
      return { kind: 'aborted', cause: 'unreachable', trap: error, frames: [] };
    }
    return origin === 'foreign' ? { kind: 'aborted', cause: 'foreign-exception', trap: error, frames: [] } : undefined;
  },
  failed: (_, failure) => (failure.kind === 'aborted' && failure.cause === 'foreign-exception' ? 'keep' : undefined),
};

/** Makes one that runs. */
export function makeInstance({
  plugins = [],
  decide = (asked) => asked,
  redact = () => undefined,
  spiesFirst = false,
  unwinds = false,
}: Making = {}): Made {
  const log: string[] = [];
  const drafts: ReportDraft[] = [];
  const stack = { imports: 0 };
  const owner: Owner = {
    module: describedModule({
      contract: CONTRACT,
      generatedBy: 'a test',
      name: 'fake',
      entries: [
        { name: 'call', whenLost: 'throw' },
        { name: 'free', whenLost: 'nothing' },
      ],
      onCurrent: () => {},
      ...(unwinds && { exceptions: { encoding: 'legacy', jsTag: false } }),
    }),
    hooks: composePlugins(spiesFirst ? [...plugins, trapsAreAborts] : [trapsAreAborts, ...plugins]),
    get redact() {
      return redact();
    },
    decide(_, asked) {
      const decided = decide(asked);
      log.push(`decide ${decided}`);
      return decided;
    },
    failed(_, draft) {
      log.push(`failed ${draft.recovery}`);
      drafts.push(draft);
    },
    name: 'the default instance',
    key: undefined,
    isWithin: false,
    suspected: () => void log.push('suspected'),
    reinitRequested: () => void log.push('reinit'),
    signalled: () => false,
    turnEnded: () => {},
    otherwise: ({ kind }) => (kind === 'unwound' ? 'keep' : 'fresh'),
    runsAgain: () => void log.push('runs again'),
    rolledBack: () => void log.push('rolled back'),
    staleClosureCalled: () => false,
  };
  let host: Host | undefined;
  const factory: Factory = (given) => {
    host = given;
    let isShut = false;
    return {
      imports: {},
      api: {},
      raw: { state: {} },
      bind() {},
      exports: () => ({}),
      start() {},
      payload: (error) => error,
      held: () => undefined,
      release() {
        isShut = true;
        log.push('released');
      },
      isShut: () => isShut,
      isQuiescent: () => stack.imports === 0,
      watch: () => void log.push('watched'),
      trap: () => undefined,
    };
  };
  const instance = new Instance(1, 0, owner, factory);
  instance.bind({ exports: {} });
  instance.start();
  return {
    instance,
    host: host as unknown as Host,
    stack,
    log,
    drafts,
    get reports() {
      return drafts.map(({ report }) => report);
    },
  };
}
