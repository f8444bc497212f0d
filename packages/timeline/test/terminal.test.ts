import { expect, it } from 'vitest';
import { renderTerminal } from '../src/terminal.js';
import { failure, HOSTILE, RUN, SUPERVISED } from './documents.js';

it('shows lanes, and what happened one after the other', () => {
  expect(`\n${renderTerminal(RUN, { width: 90 })}`).toMatchInlineSnapshot(`
    "
    app  2023-11-14T22:13:20.000Z, 100 ms
    2 lanes, 8 turns, 2 failures, 1 recovery, 1 stale use, 1 retirement

              ╷0 ms           ╷20 ms          ╷40 ms          ╷60 ms          ╷80 ms
              1           ▲                           ✖●2             ○       ◆       ■
    default   ▂███▂█▄─██████▄─────────████████████████ ───────█▅▅█────────────────────────────
              1
    "room-7"  ────────────────▇───────────████────────────────────────────────────────────────
              ✖ instance lost   ■ retired   ▲ failure, instance kept   ○ other event
              ◆ stale use   ● recovered   ▁█ turns   ─ idle

    +500 µs  default 1   ·  generation 1 made, 1.1 MiB
      +1 ms  default 1      render, 4 ms
      +6 ms  default 1      render, 2 ms, 2 in flight
     +10 ms  default 1      parse, 8 ms, failed, 2 in flight
     +15 ms  default 1   ▲  Rust panicked in render: the message (src/lib.rs:12:5)
                            → the instance was kept
     +20 ms  "room-7" 1     add, 1 ms
     +30 ms  default 1      render, 20 ms, lost
     +35 ms  "room-7" 1     add, 5 ms
     +50 ms  default 1   ✖  Rust panicked in render: the message (src/lib.rs:12:5)
                            → a fresh instance; 2 calls in flight were rejected
     +52 ms  default 2   ●  recovered: generation 2 serves, after 2 ms
     +60 ms  default 2      2 turns: render ×2, 4 ms
     +70 ms  default 2   ○  polished, generation 2; reason: memory, memoryBytes: 3, nested:
                            {"deep":[1,null]}
     +80 ms  default 1   ◆  stale use of Counter.inc, of generation 1
     +90 ms  default     ■  retired: app failed too often.

    ! 3 events before the first that is shown were forgotten for want of room (maxEvents).
    "
  `);
});

it('says in plain words what comes with supervision, retries, recycling, drains and persisted state', () => {
  expect(`\n${renderTerminal(SUPERVISED, { width: 90 })}`).toMatchInlineSnapshot(`
    "
    app  2023-11-14T22:13:20.000Z, 100 ms
    2 lanes, 1 turn, 2 failures, 1 recovery, 1 retry, 2 warnings, 2 pauses

              ╷0 ms           ╷20 ms          ╷40 ms          ╷60 ms          ╷80 ms
              1○      !       ◐2      ✖       !       ✖   ↻            ○●○3           ◐
    default   ▂███────────────────────────────────────                  ──────────────
                                                                              □
    "room-7"
              ✖ instance lost   □ calls refused for a while   ! not carried out
              ○ other event   ↻ call run again   ◐ replaced or ended, well   ● recovered
              ▁█ turns   ─ idle

    +500 µs  default 1  ·  generation 1 made, 1.1 MiB
      +1 ms  default 1     render, 4 ms, 1 in flight
      +2 ms  default 1  ○  restored: generation 1 has begun with DRAFTS; version: 1, bytes:
                           12
     +10 ms  default 1  !  recycleFailed: generation 1 cannot be replaced (turns): No
                           instance.
     +20 ms  default 2  ◐  recycled: generation 2 serves in place of 1, which was well (age)
     +30 ms  default 1  ✖  Rust panicked in render: the message (src/lib.rs:12:5)
                           → a fresh instance; 2 calls in flight were rejected
     +31 ms  default 1  ◐  drained: generation 1 has ended; calls in flight that were
                           rejected: 2
     +40 ms  default 2  !  persistFailed: generation 2 could not save DRAFTS: it is too
                           large
     +50 ms  default 2  ✖  Rust panicked in render: the message (src/lib.rs:12:5)
                           → a fresh instance; 2 calls in flight were rejected
     +51 ms  default    □  opened: calls are refused for 20 ms, attempt 1: app failed too
                           often.
     +55 ms  default    ↻  retried: render is run again, attempt 1: It was lost.
     +72 ms  default    ○  probing: an instance is made for a call, attempt 1
     +73 ms  default 3  ●  recovered: generation 3 serves, after 23 ms
     +74 ms  default    ○  closed: whatever fails is made anew again
     +80 ms  "room-7"   □  opened: calls are refused for ?; since: 3
     +90 ms  default 3  ◐  drained: generation 3 has ended
    "
  `);
});

it('colours it where that is asked for, and nothing else differs', () => {
  const coloured = renderTerminal(RUN, { width: 90, colour: true });
  expect(coloured).toContain('\u001b[31m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '').replaceAll(/ +$/gm, '')).toBe(renderTerminal(RUN, { width: 90 }));
});

it('shows no line that is wider than the terminal', () => {
  for (const width of [40, 61, 200]) {
    const lines = renderTerminal(RUN, { width }).split('\n').slice(3, -3);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  }
});

it('a text of the program can not move the cursor, change colours, or begin a line', () => {
  const event = failure(1, { generation: 1, message: `${HOSTILE}\nforged line`, instance: HOSTILE });
  const shown = renderTerminal({ ...RUN, module: HOSTILE, events: [event, { name: HOSTILE, at: 2, fields: { [HOSTILE]: HOSTILE } }] });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(shown).not.toMatch(/^\s*forged line/m);
});
