/** An exhausted stack: the one failure that can strike anywhere, the recovery's own code included. */
import { codeOf, show } from '../checks.ts';
import { Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

/** The stack ends somewhere in the code of the call, of the glue, of the guards or of the recovery: all of them are to be hit. */
const OFFSETS = 40;

/** Runs something with so many frames below it. */
function fromDepth<R>(frames: number, run: () => R): R {
  return frames === 0 ? run() : fromDepth(frames - 1, run);
}

export const STACK: readonly Scenario[] = [
  {
    id: 'JavaScript and Rust calling each other without end',
    invariants: ['I1', 'I2', 'I3', 'I7'],
    isLong: true,
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const forever = (): unknown => ns.nested(forever);
      for (let offset = 0; offset < OFFSETS; offset++) {
        const { failures, stop } = listen(ground);
        const error = fromDepth(offset, () => thrownBy(forever));
        // Glue without reference types has room for a thousand borrowed values, and an ordinary error for the next, if the stack lasts that long.
        const byGlue = error instanceof Error && error.message === 'out of js stack';
        checks.that('I1', 'the caller is told', () => byGlue || codeOf(error) === 'REVIVE_ABORT' || show(error));
        // Told when there is stack again to tell it on.
        await runtime.turn();
        const cause = byGlue ? 'foreign-exception' : 'stack-overflow';
        checks.equal('I1', 'there is one failure', () => failures.map(({ failure }) => failure.cause).join(), cause);
        const before = byGlue ? ns.count() : 100;
        checks.equal('I2', 'the next call is served', () => ns.bump(), before + 1);
        stop();
      }
    },
  },
  {
    id: 'the same, the error swallowed at every level',
    invariants: ['I2', 'I3', 'I7'],
    isLong: true,
    async run(ground, checks) {
      const { ns, runtime } = ground;
      for (let offset = 0; offset < OFFSETS; offset++) {
        let depth = 0;
        const forever = (): void => {
          // Once is enough: a level that swallows goes on to the next otherwise, twice as often at each.
          if (depth++ > 100_000) return;
          try {
            ns.nested_catching(forever);
          } catch {
            // Swallowed.
          }
        };
        fromDepth(offset, forever);
        await runtime.turn();
        checks.equal('I2', 'the next call is served', () => ns.add(2, 3), 5);
        checks.quiet('I7', 'a handle can be made and used', () => {
          const counter = new ns.Counter(offset);
          counter.inc();
          counter.free();
        });
        checks.equal('I2', 'a panic after it is told as one', () => typeof codeOf(thrownBy(() => ns.fail('panic-index'))), 'string');
      }
    },
  },
  {
    id: 'a failure close to the end of the stack',
    invariants: ['I1', 'I2', 'I3', 'I5'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      // Whatever is left of the stack when the failure strikes: enough for the recovery, or not.
      const told = new Map<string, number>();
      const spares = [...Array(40).keys(), 50, 60, 80, 100, 150, 200, 300, 500, 800, 1200, 2000, 3000, 5000];
      for (const spare of spares) {
        const bottom = { reached: false };
        const dig = (): void => {
          try {
            dig();
          } catch (error) {
            if (bottom.reached) throw error;
            bottom.reached = true;
          }
          if (bottom.reached && levels++ === spare) {
            const error = thrownBy(() => ns.fail('out-of-bounds'));
            code = String(codeOf(error) ?? (error as Error).name);
            told.set(code, (told.get(code) ?? 0) + 1);
          }
        };
        let levels = 0;
        let code: string | undefined;
        const owed = new Watched(ns.wait_for(new Promise(() => {})));
        thrownBy(dig);
        await runtime.turn();
        // By now, and without anybody entering the module: who does would notice for it.
        if (code === 'REVIVE_ABORT')
          checks.equal('I5', `what was in flight is rejected, with ${spare} levels to spare`, () => owed.state, 'rejected');
        checks.equal('I2', 'the next call is served', () => ns.add(2, 3), 5);
        checks.quiet('I2', 'a handle can be made and freed', () => new ns.Counter(1).free());
        await runtime.turn();
      }
      checks.that(
        'I1',
        'the caller is told of a failure, or that the stack is full',
        () =>
          [...told.keys()].every((code) => code === 'REVIVE_ABORT' || code === 'RangeError' || code === 'InternalError') || show([...told]),
      );
      checks.that('I1', 'with enough stack it is told of the failure', () => told.has('REVIVE_ABORT') || show([...told]));
    },
  },
  {
    id: 'the program calls while a full stack has yet to be told of',
    invariants: ['I1', 'I2', 'I5'],
    isLong: true,
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      // A plugin that calls the module when it is asked what to do.
      let asked = 0;
      let calls = true;
      control.use({
        name: 'calls',
        failed() {
          asked++;
          if (calls) thrownBy(() => ns.add(1, 2));
          return undefined;
        },
      });
      const { failures, stop } = listen(ground);
      fillWith(() => ns.nested_catching(() => 1));
      await runtime.turn();
      calls = false;
      checks.that('I1', 'a plugin is asked of each failure once', () => asked === failures.length || `${asked}, ${failures.length}`);
      checks.that('I1', 'which is reported once', () => failures.length <= 1 || failures.length);
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);

      // Nobody calls after that.
      for (let offset = 0; offset < OFFSETS; offset++) {
        const owed = new Watched(ns.wait_for(new Promise(() => {})));
        await runtime.turn();
        const call = [() => ns.nested_catching(() => 1), () => ns.echo('text'), () => ns.bump(), () => new ns.Counter(1)][offset % 4];
        const isRefused = fromDepth(offset, () => fillWith(() => call?.()));
        await runtime.turn();
        if (isRefused) checks.equal('I5', 'what was in flight is rejected', () => owed.state, 'rejected');
        checks.equal('I2', 'and the next call is served', () => ns.add(1, 2), 3);
      }

      // A listener that fills the stack, while an exception that was reported goes on.
      failures.length = 0;
      let fills = true;
      const stopFilling = control.on('failure', () => {
        if (!fills) return;
        fills = false;
        fillWith(() => ns.nested_catching(() => 1));
      });
      const refuse = (): never => {
        throw new Error('of the program');
      };
      thrownBy(() => ns.nested(() => ns.nested(refuse)));
      checks.equal('I2', 'after a listener that has filled the stack, the next call is served', () => ns.add(1, 2), 3);
      stopFilling();

      // Rust may have been left panicking, and whoever asks has little stack.
      const room = stackRoom();
      for (let spare = 0; spare < room / 2; spare += Math.ceil(room / 100)) {
        thrownBy(() => ns.nested(() => void thrownBy(() => ns.panic_in_hook('calling', refuse))));
        thrownBy(() => fromDepth(room - spare, () => ns.add(1, 2)));
        await runtime.turn();
        checks.equal('I2', 'after a call with little stack, the next one is served', () => ns.add(1, 2), 3);
      }
      stop();
    },
  },
];

/** Calls from the innermost of as many frames as there is room for, and from those further out, until the runtime refuses a call. Says whether it has. */
function fillWith(call: () => unknown): boolean {
  let isRefused = false;
  const fill = (): void => {
    try {
      fill();
    } catch {
      // The stack is full.
    }
    if (isRefused) return;
    try {
      call();
    } catch (error) {
      isRefused = (error as { code?: unknown }).code !== undefined;
    }
  };
  thrownBy(fill);
  return isRefused;
}

/** How many frames of {@link fromDepth} there is room for. */
function stackRoom(): number {
  let frames = 0;
  const dig = (): void => {
    frames++;
    dig();
  };
  thrownBy(dig);
  let room = frames;
  while (thrownBy(() => fromDepth(room, () => undefined)) !== undefined) room -= Math.ceil(frames / 100);
  return room;
}
