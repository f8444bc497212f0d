import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panicOnStack } from '../src/panic-on-stack.js';

const STACK = 2048;
const LOCATION = 3000;
const ARGUMENTS = 3100;

/** An argument: a text, or the words of its value and what writes it. */
type Argument = string | { readonly words: readonly number[]; readonly slot: number };

const STR_SLOT = 7;

/**
 * Memory as `panic!` leaves it: a `PanicInfo` some way up the stack, a `Location`, the message's `fmt::Arguments`; in the form of Rust 1.95–1.97, or with
 * `pieces` in that of Rust 1.85. `specs`: how many placeholders say more than their place.
 */
function memoryOf(
  message:
    | { static: string }
    | { template: readonly number[]; args: readonly Argument[] }
    | { pieces: readonly string[]; args: readonly Argument[]; specs?: number },
  file = 'src/lib.rs',
): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(memory.buffer);
  let free = 4096;
  const put = (bytes: ArrayLike<number>): number => {
    const at = free;
    new Uint8Array(memory.buffer).set(bytes, at);
    free += (bytes.length + 7) & ~3;
    return at;
  };
  const words = (at: number, values: readonly number[]): void => {
    for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value, true);
  };
  const text = (value: string): [address: number, length: number] => {
    const bytes = new TextEncoder().encode(value);
    return [put(bytes), bytes.length];
  };
  words(STACK + 88, [ARGUMENTS, LOCATION]);
  words(LOCATION, [...text(file), 12, 5]);
  if ('static' in message) {
    const [at, length] = text(message.static);
    words(ARGUMENTS, [at, length * 2 + 1]);
  } else {
    const values = message.args.map((arg) => {
      const at = put(new Uint8Array(16));
      words(at, typeof arg === 'string' ? text(arg) : arg.words);
      return [at, typeof arg === 'string' ? STR_SLOT : arg.slot];
    });
    const args = values.length === 0 ? 4 : put(new Uint8Array(8 * values.length));
    if (values.length > 0) words(args, values.flat());
    if ('pieces' in message) {
      const pieces = put(new Uint8Array(8 * message.pieces.length));
      words(
        pieces,
        message.pieces.flatMap((piece) => (piece === '' ? [1, 0] : text(piece))),
      );
      // Where there are none, how many is whatever was there.
      const specs = message.specs === undefined ? [0, 0xdead] : [put(new Uint8Array(32 * message.specs)), message.specs];
      words(ARGUMENTS, [pieces, message.pieces.length, args, values.length, ...specs]);
    } else words(ARGUMENTS, [put(message.template), args]);
  }
  return memory;
}

const bytes = (value: string): number[] => [...new TextEncoder().encode(value)];

describe('panicOnStack', () => {
  it('I1: tells a message that is one text, and where', () => {
    expect(panicOnStack(memoryOf({ static: 'attempt to divide by zero' }), STACK)).toEqual({
      message: 'attempt to divide by zero',
      location: { file: 'src/lib.rs', line: 12, column: 5 },
    });
  });

  it('I1: puts texts where they belong', () => {
    // `"no {0} in {1}, {0}"`
    const template = [3, ...bytes('no '), 0xc0, 4, ...bytes(' in '), 0xc0, 2, ...bytes(', '), 0xc8, 0, 0, 0];
    expect(panicOnStack(memoryOf({ template, args: ['key', 'map'] }), STACK)?.message).toBe('no key in map, key');
  });

  it('I1: leaves open what is written with flags, a width or a precision, and goes on behind it', () => {
    // `"no {0} in {1:>9}, {0}"`
    const template = [3, ...bytes('no '), 0xc0, 4, ...bytes(' in '), 0xc3, 32, 0, 0, 0, 9, 0, 2, ...bytes(', '), 0xc8, 0, 0, 0];
    expect(panicOnStack(memoryOf({ template, args: ['key', 'map'] }), STACK)?.message).toBe('no key in …, key');
  });

  it('I1: tells a long piece, and what `expect` says', () => {
    const long = 'x'.repeat(300);
    expect(panicOnStack(memoryOf({ template: [0x80, 44, 1, ...bytes(long), 0xc0, 0], args: ['!'] }), STACK)?.message).toBe(`${long}!`);
    expect(panicOnStack(memoryOf({ template: [0xc0, 0], args: ['somebody'] }), STACK)?.message).toBe('somebody');
  });

  it('I1: an argument that is no text yet is left open', () => {
    const memory = memoryOf({ template: [2, ...bytes('a '), 0xc0, 0], args: [''] });
    expect(panicOnStack(memory, STACK)?.message).toBe('a …');
  });

  it('I1: writes numbers and the like where it is known what writes them', () => {
    const formatters = { [STR_SLOT]: '&str?', 1: 'i32', 2: 'u64', 3: 'bool', 4: 'char?', 5: 'u8', 6: 'BorrowMutError' };
    const args: Argument[] = [
      'a "key"',
      { words: [0xffff_fffe], slot: 1 },
      { words: [0, 1], slot: 2 },
      { words: [1], slot: 3 },
      { words: [0x27], slot: 4 },
      { words: [0x1ff], slot: 5 },
      { words: [], slot: 6 },
      { words: [3], slot: 99 },
    ];
    const template = [...args.flatMap(() => [1, ...bytes(' '), 0xc0]), 0];
    const told = panicOnStack(memoryOf({ template, args }), STACK, formatters)?.message;
    expect(told).toBe(` "a \\"key\\"" -2 4294967296 true '\\'' 255 RefCell already borrowed …`);
  });

  it.each<[string, string[], Argument[], string, number?]>([
    ['one text', ['attempt to divide by zero'], [], 'attempt to divide by zero'],
    ['of one letter', ['x'], [], 'x'],
    ['texts', ['no ', ' in ', '!'], ['key', 'map'], 'no key in map!'],
    ['what `expect` says', [''], ['somebody'], 'somebody'],
    ['an argument in front', ['', ' is odd'], ['three'], 'three is odd'],
    ['an argument that is no text', ['a '], [{ words: [7, 0], slot: 99 }], 'a …'],
    ['flags, a width or a precision', ['no ', ' in '], ['key', 'map'], 'no … in …', 2],
    ['an argument twice, one of them with flags', ['', ' ', ' '], ['key', 'map'], '… … …', 3],
  ])('I1: tells a message of older Rust: %s', (_, pieces, args, told, specs) => {
    const memory = memoryOf({ pieces, args, ...(specs !== undefined && { specs }) });
    // By names, `&T`'s writers are known to write something.
    for (const formatters of [{}, { 1: 'u32' }]) {
      expect(panicOnStack(memory, STACK, formatters)?.message).toBe(told);
    }
  });

  it('I1: writes arguments of a message of older Rust by what writes them', () => {
    const args: Argument[] = ['a "key"', { words: [0xffff_fffe], slot: 1 }, { words: [3], slot: 2 }];
    const memory = memoryOf({ pieces: ['', ' and ', ', '], args });
    expect(panicOnStack(memory, STACK, { [STR_SLOT]: '&str?', 1: 'i32' })?.message).toBe('"a \\"key\\"" and -2, …');
  });

  it.each<[string, string[], Argument[], number?]>([
    ['too few texts', ['a'], ['b', 'c']],
    ['too many', ['a', 'b', 'c'], ['d']],
    ['too few for the placeholders', ['a'], ['b'], 2],
    ['too many of all', Array(300).fill('a'), Array(300).fill('b')],
  ])('tells the place alone where a message of older Rust has %s', (_, pieces, args, specs) => {
    const memory = memoryOf({ pieces, args, ...(specs !== undefined && { specs }) });
    expect(panicOnStack(memory, STACK, { 1: 'u32' })?.location).toEqual({ file: 'src/lib.rs', line: 12, column: 5 });
    expect(panicOnStack(memory, STACK, { 1: 'u32' })?.message ?? '').not.toContain('b');
  });

  it('I1: takes no text of today for a message of older Rust', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => !/\p{Cc}/u.test(text)),
        (text) => {
          expect(panicOnStack(memoryOf({ static: text }), STACK)?.message).toBe(text);
        },
      ),
    );
  });

  it.each([
    ['no text', [2, 0xff, 0xfe, 0]],
    ['no template', [0x90, 0]],
    ['no end', Array.from({ length: 2000 }, () => 0xc0)],
  ])('tells the place alone where the message has %s', (_, template) => {
    expect(panicOnStack(memoryOf({ template, args: [] }), STACK)).toEqual({ location: { file: 'src/lib.rs', line: 12, column: 5 } });
  });

  it('takes nothing for a place that is none', () => {
    expect(panicOnStack(memoryOf({ static: 'x' }, 'src/lib.txt'), STACK)).toBeUndefined();
    expect(panicOnStack(new WebAssembly.Memory({ initial: 1 }), STACK)).toBeUndefined();
    expect(panicOnStack(new WebAssembly.Memory({ initial: 0 }), STACK)).toBeUndefined();
  });

  it('reads whatever there is without failing, and tells nothing that is no text', () => {
    const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(STACK, LOCATION, ARGUMENTS, 0xffff_ffff, 65_532), fc.nat(0xffff_ffff));
    const types = ['&str', '&&str?', 'String', '&dyn', 'Arguments', 'u8', '&i64', 'usize?', 'bool', 'char?'];
    const formatting = fc.constantFrom(
      {},
      Object.fromEntries(Array.from({ length: 70_000 }, (_, slot) => [slot, types[slot % types.length] ?? ''])),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 50, maxLength: 400 }), fc.nat(70_000), formatting, (values, stackPointer, formatters) => {
        const memory = memoryOf({ static: 'x' });
        const view = new DataView(memory.buffer);
        for (const [index, value] of values.entries()) view.setUint32(STACK + 4 * index, value, true);
        const told = panicOnStack(memory, stackPointer, formatters);
        expect(told?.message?.replaceAll(/[\n\t]/g, '') ?? '').not.toMatch(/\p{Cc}|\ufffd/u);
      }),
    );
  });
});
