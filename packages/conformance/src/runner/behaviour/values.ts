/** Free functions: what goes in, what comes out, what is refused. */
import { loosely } from './all-fixtures.ts';
import type { Use } from './behaviour.ts';

const LONG = 'añ😀'.repeat(20_000);

export const VALUES: Readonly<Record<string, Use>> = {
  nothing: (ns) => ns.empty(),
  integers: (ns) => [
    ns.add(2, 3),
    ns.add(0x7fffffff, 1),
    ns.add(1.9, 1.9),
    loosely(ns.add)('2', null),
    loosely(ns.add)(),
    loosely(ns.add)(1, 2, 3),
  ],
  floats: (ns) => [ns.scale(1.5, 2), ns.scale(Number.NaN, 1), ns.scale(-0, 1), ns.scale(Number.POSITIVE_INFINITY, -1)],
  bigints: (ns) => [ns.next_u64(1n), ns.next_u64((1n << 64n) - 1n), ns.negate_i64(-5n), ns.negate_i64(-(1n << 63n))],
  booleans: (ns) => [ns.not(true), ns.not(false), loosely(ns.not)('text'), loosely(ns.not)()],
  characters: (ns) => [ns.next_char('a'), ns.next_char('😀'), ns.next_char('')],
  strings: (ns) => [ns.echo(''), ns.echo('text'), ns.echo('añ😀'), ns.echo('\0'), ns.echo('\ud800'), ns.echo(LONG) === LONG],
  'strings borrowed': (ns) => [ns.shout('straße'), ns.shout(LONG).length],
  'byte slices': (ns) => [
    ns.sum_bytes(new Uint8Array([1, 2, 3])),
    ns.sum_bytes(new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2)),
    ns.sum_bytes(new Uint8Array()),
  ],
  'a slice that is written': (ns) => {
    const numbers = new Float64Array([1, 2.5, -3]);
    ns.double_all(numbers);
    return numbers;
  },
  'a typed array out': (ns) => [ns.zeros(3), ns.zeros(0), ns.zeros(100_000).length],
  'arrays of strings': (ns) => [ns.reverse_words(['a', 'b', 'ñ']), ns.reverse_words([])],
  'a number among strings': (ns) => loosely(ns.reverse_words)(['a', 1]),
  'arrays of handles': (ns) => {
    const points = ns.points(3);
    return [points, points.every((point) => point instanceof ns.Point), ns.sum_points(points), points[0]];
  },
  'a handle of another class in an array': (ns) => loosely(ns.sum_points)([new ns.Counter(1)]),
  'no handle in an array': (ns) => loosely(ns.sum_points)([1, null]),
  'optional numbers': (ns) => [ns.maybe_half(3), ns.maybe_half(0), ns.maybe_half(), ns.maybe_half(null)],
  'optional strings': (ns) => [ns.maybe_shout('a'), ns.maybe_shout(''), ns.maybe_shout(), ns.maybe_shout(null)],
  'optional handles': (ns) => {
    const point = new ns.Point(1, 2);
    const other = ns.maybe_point(point);
    return [other, other === point, other instanceof ns.Point, ns.maybe_point(), point];
  },
  'a variadic function': (ns) => [ns.sum(), ns.sum(1, 2, 3), ns.sum(...Array(1000).fill(2))],
  'any value': (ns) => {
    const value = {};
    return [
      ns.same(value) === value,
      ns.same(undefined),
      ns.same(null),
      ns.same(Number.NaN),
      ns.same('text'),
      ns.same(1n),
      ns.same(Symbol.iterator) === Symbol.iterator,
    ];
  },
  'kinds of values': (ns) => [undefined, null, 1, 'a', {}, () => {}, true, 1n, Symbol.iterator].map((value) => ns.type_of(value)),
  'an object of Rust': (ns) => ns.make_object('name'),
  'a function with another name': (ns) => ns.renamedFunction(),
  'a function that uses this': (ns) => [{ title: 'mine', read: ns.title }.read(), { read: ns.title }.read()],
  'a numeric enum': (ns) => [0, 1, 7].map((color) => ns.next_color(color)),
  'a string enum': (ns) => [ns.opposite('glad'), ns.opposite('sad')],
  'the start function ran once': (ns) => ns.starts(),
  state: (ns) => {
    const before = [ns.bump(), ns.count(), ns.bump_static(), ns.bump_static()];
    ns.remember('key', 'value');
    return [before, ns.recall('key'), ns.recall('other'), ns.notes()];
  },
  'views of a memory that has grown': (ns) => {
    const pages = ns.memory_pages();
    ns.leak(2_000_000);
    return [ns.memory_pages() > pages, ns.echo('after'), ns.sum_bytes(new Uint8Array([4, 5]))];
  },
  'Err of a JsError': (ns) => ns.check(-1),
  Ok: (ns) => ns.check(1),
  'Err of any value': (ns) => ns.throw_value({ any: 'value' }),
  'Err of undefined': (ns) => ns.throw_value(undefined),
  'Err of a RangeError': (ns) => ns.throw_range_error(),
  throw_str: (ns) => ns.throw_text('text'),
  'Err of an error of std': (ns) => ns.parse_number('x'),
  'an error that Rust caught': (ns) => [
    ns.catch_from(() => {}),
    ns.catch_from(() => ns.check(-1)),
    ns.catch_from(() => ns.throw_text('a')),
  ],
  'a kind of failure that there is not': (ns) => ns.fail('no such kind'),
  'no failure': (ns) => ns.fail('none'),
};
