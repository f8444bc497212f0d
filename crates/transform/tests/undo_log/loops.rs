//! Loops that store to places which can be computed before them: whatever they write is undone, and they compute what they computed.

use std::fmt::Write;

use wasm_revive_transform::{undo_log, COMMIT, ROLLBACK};
use wasmi::Val;

use crate::{seeds, Random, Running, PAGE};

/// Pages of the programs' memories.
const PAGES: usize = 3;

/// What is compared: a counter of how many trips may be begun keeps each loop from going on for ever.
const HEAD: &str = r#"(module (memory (export "memory") 3)
    (global $fuel (export "fuel") (mut i32) (i32.const 0))
    (func $trip
        (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
        (if (i32.eqz (global.get $fuel)) (then unreachable)))
"#;

/// A program before and after, with the same in both memories.
struct Pair {
    plain: Running,
    logged: Running,
    image: Vec<u8>,
    /// Where it may be: how many calls wrote right behind the memory, and trapped only later, or not at all.
    lost: Option<u32>,
}

impl Pair {
    fn new(text: &str) -> Self {
        let module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut pair = Pair {
            plain: Running::new(&module),
            logged: Running::new(&undo_log(&module).unwrap().0),
            image: (0..PAGES * PAGE)
                .map(|byte| (byte * 7 + byte / 251) as u8 | 1)
                .collect(),
            lost: None,
        };
        for run in [&mut pair.plain, &mut pair.logged] {
            run.write(0, &pair.image);
        }
        pair.logged.call(COMMIT, &[]).unwrap();
        pair
    }

    /// Calls a function in both, with so much fuel, and goes back. Whether it trapped is what it gives.
    fn check(&mut self, name: &str, args: &[i32], fuel: i32, what: &dyn Fn() -> String) -> bool {
        for run in [&mut self.plain, &mut self.logged] {
            run.set_global("fuel", Val::I32(fuel));
        }
        let (before, after) = (self.plain.call(name, args), self.logged.call(name, args));
        let goes_behind = matches!(&before, Err(error) if error.contains("out of bounds"));
        let length = self.image.len();
        let (plain, logged) = (self.plain.data(length), self.logged.data(length));
        match &mut self.lost {
            Some(lost) if goes_behind && (before != after || plain != logged) => *lost += 1,
            _ => {
                assert!(
                    before == after,
                    "{name} {args:?}: {before:?} became {after:?}; {}",
                    what()
                );
                assert!(
                    plain == logged,
                    "{name} {args:?} writes what it wrote; {}",
                    what()
                );
            }
        }
        self.logged.call(ROLLBACK, &[]).unwrap();
        let now = self.logged.data(length);
        if *now != self.image {
            let at = (0..length).find(|at| now[*at] != self.image[*at]);
            panic!("{name} {args:?}: {at:?} is not as it was; {}", what());
        }
        self.plain.write(0, &self.image);
        after.is_err()
    }
}

/// How many loops are in the bodies that the program had.
fn loops_of(text: &str) -> [usize; 2] {
    let module = wat::parse_str(text).unwrap();
    let changed = undo_log(&module).unwrap().0;
    let mut functions = 0;
    [module, changed].map(|bytes| {
        let bodies =
            wasmparser::Parser::new(0)
                .parse_all(&bytes)
                .filter_map(|payload| match payload.unwrap() {
                    wasmparser::Payload::CodeSectionEntry(body) => {
                        Some(body.get_operators_reader())
                    }
                    _ => None,
                });
        let counts: Vec<usize> = bodies
            .map(|operators| {
                operators
                    .unwrap()
                    .into_iter()
                    .filter(|operator| matches!(operator, Ok(wasmparser::Operator::Loop { .. })))
                    .count()
            })
            .collect();
        if functions == 0 {
            functions = counts.len();
        }
        counts[..functions].iter().sum()
    })
}

/// Ends of loops by which their trips can be counted: what a trip adds to `$i`, and when another one follows.
const ENDS: [(&str, &str); 26] = [
    ("1", "(i32.ne (local.get $i) (local.get $n))"),
    ("1", "(i32.lt_u (local.get $i) (local.get $n))"),
    ("1", "(i32.lt_s (local.get $i) (local.get $n))"),
    ("1", "(i32.le_u (local.get $i) (local.get $n))"),
    ("1", "(i32.le_s (local.get $i) (local.get $n))"),
    ("1", "(i32.gt_u (local.get $n) (local.get $i))"),
    ("1", "(i32.ge_s (local.get $n) (local.get $i))"),
    ("1", "(i32.eqz (i32.eq (local.get $i) (local.get $n)))"),
    ("1", "(i32.eqz (i32.ge_u (local.get $i) (local.get $n)))"),
    ("1", "(i32.eqz (i32.gt_s (local.get $i) (local.get $n)))"),
    ("1", "(i32.sub (local.get $n) (local.get $i))"),
    ("1", "(local.get $i)"),
    ("-1", "(local.get $i)"),
    ("-1", "(i32.ne (local.get $i) (local.get $n))"),
    ("-1", "(i32.gt_u (local.get $i) (local.get $n))"),
    ("-1", "(i32.gt_s (local.get $i) (local.get $n))"),
    ("-1", "(i32.ge_u (local.get $i) (local.get $n))"),
    ("-1", "(i32.ge_s (local.get $i) (local.get $n))"),
    ("-8", "(local.get $i)"),
    ("-3", "(local.get $i)"),
    ("-3", "(i32.ge_s (local.get $i) (local.get $n))"),
    ("4", "(i32.ne (local.get $i) (local.get $n))"),
    ("3", "(i32.ne (local.get $i) (local.get $n))"),
    ("16", "(i32.lt_u (local.get $i) (local.get $n))"),
    ("7", "(i32.le_s (local.get $i) (local.get $n))"),
    ("-5", "(i32.gt_u (local.get $i) (local.get $n))"),
];

/// One function for each of those ends, in which `$p` moves by so much.
fn ended(step: i32) -> String {
    let mut text = String::from(HEAD);
    for (nth, (count, condition)) in ENDS.iter().enumerate() {
        let _ = writeln!(
            text,
            "(func (export \"{nth}\") (param $p i32) (param $i i32) (param $n i32) (result i32)
                 (loop $l (call $trip)
                     (i32.store16 (local.get $p) (i32.const 0))
                     (local.set $p (i32.add (local.get $p) (i32.const {step})))
                     (local.set $i (i32.add (local.get $i) (i32.const {count})))
                     (br_if $l {condition}))
                 (local.get $p))"
        );
    }
    text + ")"
}

#[test]
fn each_kind_of_counted_loop_is_written_twice() {
    let [before, after] = loops_of(&ended(8));
    assert_eq!(before, ENDS.len());
    assert_eq!(after, 2 * ENDS.len());
}

#[test]
fn a_counted_loop_is_undone_wherever_its_counter_begins_and_ends() {
    // Numbers around which a comparison, a distance or a step goes wrong, if it does.
    const EDGES: [i32; 5] = [0, i32::MIN, i32::MAX, -1, 1000];
    for step in [40, -40] {
        let mut pair = Pair::new(&ended(step));
        let (mut traps, mut ended) = (0, 0);
        for (nth, (count, _)) in ENDS.iter().enumerate() {
            let count: i32 = count.parse().unwrap();
            for edge in EDGES {
                for trips in [0, 1, 9, 10, 45] {
                    for off in -2..=2 {
                        let (near, far) = (
                            edge.wrapping_add(off),
                            edge.wrapping_sub(count.wrapping_mul(trips)),
                        );
                        for [i, n] in [[far, near], [near, edge.wrapping_add(count * trips)]] {
                            // The loop may go on for ever then.
                            let args = [if step > 0 { 1000 } else { 9000 }, i, n];
                            if pair.check(&nth.to_string(), &args, 150, &|| ENDS[nth].1.into()) {
                                traps += 1;
                            } else {
                                ended += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(
            traps > 1000 && ended > 2000,
            "{traps} trapped, {ended} ended"
        );
    }
}

#[test]
fn a_loop_that_runs_out_of_the_memory_traps_where_it_did() {
    const END: i32 = (PAGES * PAGE) as i32;
    for step in [1, 2, 40, 1024, -1, -2, -40, -1024] {
        let mut text = String::from(HEAD);
        for (name, address) in [
            ("plain", "offset=0 (local.get $p)"),
            ("behind", "offset=100 (local.get $p)"),
            ("before", "(i32.sub (local.get $p) (i32.const 100))"),
            (
                "wrapping",
                "offset=100 (i32.sub (local.get $p) (i32.const 100))",
            ),
        ] {
            let _ = writeln!(
                text,
                "(func (export \"{name}\") (param $p i32) (param $n i32)
                     (loop $l (call $trip) (i32.store {address} (i32.const 0))
                         (local.set $p (i32.add (local.get $p) (i32.const {step})))
                         (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
            );
        }
        text.push(')');
        let mut pair = Pair::new(&text);
        for name in ["plain", "behind", "before", "wrapping"] {
            for trips in [9, 12, 30] {
                let far = step * trips;
                for edge in [0, 100, -100, END, END - 100, END - far, -far, 100 - far] {
                    for off in -5..=5 {
                        pair.check(name, &[edge + off, trips], 60, &|| format!("by {step}"));
                    }
                }
            }
        }
    }
}

#[test]
fn loops_that_cannot_be_counted_keep_their_barriers() {
    for end in [
        // A step of 0.
        "(br_if $l (i32.ne (local.get $q) (local.get $n)))",
        // What is compared moves on both sides, or away, or comes from elsewhere.
        "(local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (local.get $n)))",
        "(br_if $l (i32.gt_u (local.get $i) (local.get $n)))",
        "(br_if $l (i32.lt_u (local.get $i) (i32.load (local.get $q))))",
        "(br_if $l (i32.and (local.get $i) (local.get $n)))",
        "(br_if $l (i32.const 1))",
        // Not always the same step.
        "(local.set $i (i32.add (local.get $i) (i32.and (local.get $p) (i32.const 3)))) (br_if $l (i32.lt_u (local.get $i) (local.get $n)))",
    ] {
        let text = format!(
            "{HEAD} (func (export \"f\") (param $p i32) (param $q i32) (param $i i32) (param $n i32)
                 (loop $l (call $trip) (i32.store8 (local.get $p) (i32.const 0))
                     (local.set $p (i32.add (local.get $p) (i32.const 30)))
                     (local.set $q (i32.add (local.get $q) (i32.const 0)))
                     (local.set $i (i32.add (local.get $i) (i32.const 2)))
                     {end})))"
        );
        assert_eq!(loops_of(&text), [1, 1], "{end}");
        let mut pair = Pair::new(&text);
        for n in [0, 1, 40, -1] {
            for fuel in [1, 2, 60, 300] {
                pair.check("f", &[1000, 5000, 0, n], fuel, &|| end.into());
            }
        }
    }
}

#[test]
fn stores_of_a_trip_that_are_beside_each_other_are_all_undone() {
    // Each pair of distances, in both orders, each the lower or the higher one, overlapping or far away.
    const DISTANCES: [(i32, u32); 7] = [
        (0, 0),
        (0, 1000),
        (900, 0),
        (-900, 0),
        (-900, 1200),
        (1500, 900),
        (0, 5000),
    ];
    let mut text = String::from(HEAD);
    for step in [8, -8] {
        for (nth, first) in DISTANCES.iter().enumerate() {
            for (other, second) in DISTANCES.iter().enumerate() {
                let store = |(distance, offset): (i32, u32), kind: &str| {
                    format!("({kind} offset={offset} (i32.add (local.get $p) (i32.const {distance})) (i64.const 0))")
                };
                let _ = writeln!(
                    text,
                    "(func (export \"{nth} {other} {step}\") (param $p i32) (param $n i32)
                         (loop $l (call $trip) {} {}
                             (local.set $p (i32.add (local.get $p) (i32.const {step})))
                             (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))",
                    store(*first, "i64.store8"),
                    store(*second, "i64.store"),
                );
            }
        }
    }
    text.push(')');
    let mut pair = Pair::new(&text);
    for step in [8, -8] {
        for nth in 0..DISTANCES.len() {
            for other in 0..DISTANCES.len() {
                for trips in [20, 150] {
                    for address in [20_000, 20_400, 20_473] {
                        let name = format!("{nth} {other} {step}");
                        assert!(!pair.check(&name, &[address, trips], 1000, &|| String::new()));
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_written_to_a_few_granules_at_once_is_undone() {
    let text = "(module (memory (export \"memory\") 3) (global (export \"fuel\") (mut i32) (i32.const 0))
        (data $text \"0123456789\")
        (func (export \"fill\") (param i32 i32 i32 i32)
            (i32.store8 (local.get 1) (i32.const 0)) (i32.store8 (local.get 2) (i32.const 0))
            (memory.fill (local.get 0) (i32.const 0) (local.get 3)))
        (func (export \"copy\") (param i32 i32 i32 i32)
            (i32.store8 (local.get 1) (i32.const 0)) (i32.store8 (local.get 2) (i32.const 0))
            (memory.copy (local.get 0) (i32.const 77) (local.get 3)))
        (func (export \"init\") (param i32 i32 i32 i32)
            (i32.store8 (local.get 1) (i32.const 0)) (i32.store8 (local.get 2) (i32.const 0))
            (memory.init $text (local.get 0) (i32.const 0) (local.get 3)))
        (func (export \"fixed\") (param i32 i32 i32 i32)
            (memory.fill (local.get 0) (i32.const 0) (i32.const 700))
            (i32.store8 offset=300 (local.get 0) (i32.const 1)) (i32.store8 offset=750 (local.get 0) (i32.const 1))
            (memory.fill (local.get 0) (i32.const 2) (i32.const 100))
            (memory.fill (i32.add (local.get 0) (i32.const 620)) (i32.const 3) (i32.const 300)))
        (func (export \"far\") (param i32 i32 i32 i32)
            (i32.store8 offset=1000 (local.get 0) (i32.const 0))
            (memory.fill (i32.add (local.get 0) (i32.const 100)) (i32.const 0) (i32.const 900))))";
    let mut pair = Pair::new(text);
    for name in ["fill", "copy", "init", "fixed", "far"] {
        // Where granules are logged already: at the first and at the last byte, at one of them, beside them.
        for length in [
            0, 1, 2, 9, 1000, 1023, 1024, 1025, 1026, 1500, 2047, 2048, 2049, 3000, 4096, 4097,
            5000, -1,
        ] {
            for to in [
                8192,
                8193,
                9215,
                9000,
                8192 + 512,
                (PAGES * PAGE) as i32 - length,
                (PAGES * PAGE) as i32,
            ] {
                let last = to.wrapping_add(length).wrapping_sub(1);
                for logged in [
                    [to, last],
                    [to, to],
                    [last, last],
                    [0, 0],
                    [to + 1024, last],
                ] {
                    pair.check(name, &[to, logged[0], logged[1], length], 1, &|| {
                        String::new()
                    });
                }
            }
        }
    }
}

#[test]
fn a_range_that_reaches_into_the_log_is_not_logged() {
    // The program has pages behind the log, and a chunk of the log comes to be between them.
    let text = format!(
        "{HEAD} (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))
         (func (export \"touch\") (param $p i32) (param $n i32)
             (loop $l (i32.store8 (local.get $p) (i32.const 9))
                 (local.set $p (i32.add (local.get $p) (i32.const 1024)))
                 (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
         (func (export \"run\") (param $p i32) (param $n i32)
             (loop $l (call $trip) (i32.store8 (local.get $p) (i32.const 9))
                 (local.set $p (i32.add (local.get $p) (i32.const 512)))
                 (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"
    );
    let mut run = Running::new(&undo_log(&wat::parse_str(text).unwrap()).unwrap().0);
    let first = run.call("grow", &[20]).unwrap().unwrap() as usize;
    run.call(COMMIT, &[]).unwrap();
    // More than one chunk holds: the next one comes behind the program's pages, and the program's next ones behind that.
    run.call("touch", &[(first * PAGE) as i32, 20 * 64])
        .unwrap();
    run.call(ROLLBACK, &[]).unwrap();
    let second = run.call("grow", &[4]).unwrap().unwrap() as usize;
    assert!(second > first + 20, "a chunk is between them");
    run.call(COMMIT, &[]).unwrap();
    let length = (second + 4) * PAGE;
    let image = run.memory(length);
    let mut pages = Vec::new();
    for _ in 0..4 {
        // Each would get into the log, which comes behind its page, if it didn't run out of fuel before.
        for page in [2, first + 19] {
            run.set_global("fuel", Val::I32(100));
            let outcome = run.call("run", &[(page * PAGE + 100) as i32, 1000]);
            assert!(
                outcome.is_err_and(|error| error.contains("unreachable")),
                "page {page}: it runs until it has no fuel"
            );
        }
        // Now the second chunk is full, too, and says where the third one is.
        for (page, count) in [(first, 20), (second, 4), (0, 3)] {
            run.call("touch", &[(page * PAGE) as i32, count * 64])
                .unwrap();
        }
        run.call(ROLLBACK, &[]).unwrap();
        for own in [
            0..3 * PAGE,
            first * PAGE..(first + 20) * PAGE,
            second * PAGE..length,
        ] {
            assert!(
                run.memory(length)[own.clone()] == image[own],
                "the program's memory is as it was"
            );
        }
        pages.push(run.pages());
    }
    assert!(
        pages.iter().all(|size| *size == pages[0]),
        "the log is used again: {pages:?}"
    );
}

/// A random loop, and what it does with its four parameters.
struct Writer<'a> {
    random: &'a mut Random,
    text: String,
}

impl Writer<'_> {
    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.random.below(of.len() as u32) as usize]
    }

    fn one_of(&mut self, of: &[i32]) -> i32 {
        of[self.random.below(of.len() as u32) as usize]
    }

    /// Where to store: a value that each trip changes by the same, or one of two.
    fn address_in_loop(&mut self) -> String {
        let address = self.linear();
        if self.random.below(4) > 0 {
            return address;
        }
        let other = self.linear();
        let bit = self.one_of(&[1, 2, 16]);
        format!("(select {address} {other} (i32.and (local.get $n) (i32.const {bit})))")
    }

    /// A value that each trip changes by the same, most of the time.
    fn linear(&mut self) -> String {
        let (p, i) = (self.pick(&["$p", "$q", "$r"]), self.pick(&["$i", "$n"]));
        let distance = self.one_of(&[0, 0, 4, -4, 130, -130, 1000, -3000]);
        let value = match self.random.below(10) {
            0..=4 => format!("(local.get {p})"),
            5 => format!("(i32.add (local.get {p}) (local.get {i}))"),
            6 => format!("(i32.sub (local.get {p}) (local.get {i}))"),
            7 => format!("(i32.add (i32.shl (local.get {i}) (i32.const 2)) (local.get {p}))"),
            8 => format!("(i32.add (i32.mul (local.get {i}) (i32.const 12)) (local.get {p}))"),
            _ => format!("(i32.and (i32.mul (local.get {p}) (i32.const 77)) (i32.const 0xffff))"),
        };
        format!("(i32.add {value} (i32.const {distance}))")
    }

    fn store(&mut self) {
        let (address, offset) = (
            self.address_in_loop(),
            self.one_of(&[0, 0, 0, 8, 100, 2000, 65_536]),
        );
        let (kind, value) = match self.random.below(5) {
            0 => ("i64.store", "(i64.const -1)"),
            1 => ("i32.store8", "(local.get $i)"),
            2 => ("v128.store", "(i32x4.splat (local.get $p))"),
            _ => ("i32.store", "(local.get $n)"),
        };
        let _ = writeln!(self.text, "({kind} offset={offset} {address} {value})");
    }

    fn statement(&mut self) {
        match self.random.below(12) {
            0 => {
                let (to, length) = (self.linear(), self.one_of(&[1, 20, 100, 300, 1030]));
                let _ = writeln!(
                    self.text,
                    "(memory.fill {to} (i32.const 3) (i32.const {length}))"
                );
            }
            1..=4 => self.step("$p"),
            5 => self.step("$q"),
            6 => self.bit_step(),
            7 => {
                let (local, value) = (self.pick(&["$p", "$q", "$r"]), self.linear());
                if self.random.below(3) == 0 {
                    let _ = writeln!(self.text, "(local.set {local} {value})");
                }
            }
            8 if self.random.below(3) == 0 => {
                self.text
                    .push_str("(if (i32.and (local.get $p) (i32.const 32)) (then ");
                self.step("$q");
                self.store();
                self.text.push_str("))\n");
            }
            _ => self.store(),
        }
    }

    fn step(&mut self, local: &str) {
        let step = self.one_of(&[
            1, 2, 4, 8, 12, 24, 40, 200, 1024, 5000, -1, -4, -8, -24, -200, -1024, 0,
        ]);
        let _ = writeln!(
            self.text,
            "(local.set {local} (i32.add (local.get {local}) (i32.const {step})))"
        );
    }

    /// Not always the same.
    fn bit_step(&mut self) {
        let (local, other) = (self.pick(&["$p", "$q"]), self.pick(&["$i", "$n", "$q"]));
        let mask = self.one_of(&[1, 2, 8]);
        let bit = format!("(i64.ne (i64.and (i64.extend_i32_u (local.get {other})) (i64.const {mask})) (i64.const 0))");
        let count = self.one_of(&[1, 8, 64, -1, -24, 700]);
        let constant = self.one_of(&[0, 0, 8, -8, 100, -400]);
        let sum = format!("(i32.add (i32.mul {bit} (i32.const {count})) (i32.const {constant}))");
        let _ = writeln!(
            self.text,
            "(local.set {local} (i32.add (local.get {local}) {sum}))"
        );
    }

    fn looped(&mut self) {
        self.text.push_str("(loop $l (call $trip)\n");
        for _ in 0..=self.random.below(5) {
            self.statement();
        }
        self.store();
        let (step, condition) = ENDS[self.random.below(ENDS.len() as u32) as usize];
        let _ = writeln!(
            self.text,
            "(local.set $i (i32.add (local.get $i) (i32.const {step})))"
        );
        for _ in 0..self.random.below(2) {
            self.statement();
        }
        let _ = writeln!(self.text, "(br_if $l {condition})");
        for _ in 0..self.random.below(2) {
            self.store();
        }
        self.text.push_str(")\n");
    }

    fn function(&mut self, name: u32) {
        let _ = writeln!(
            self.text,
            "(func (export \"f{name}\") (param $p i32) (param $q i32) (param $i i32) (param $n i32) (result i32) (local $r i32) (local $outer i32)"
        );
        let value = self.linear();
        let _ = writeln!(self.text, "(local.set $r {value})");
        let is_nested = self.random.below(3) == 0;
        if is_nested {
            self.text
                .push_str("(local.set $outer (i32.const 3)) (loop $o\n");
        }
        if self.random.below(3) == 0 {
            self.store();
        }
        self.looped();
        for _ in 0..self.random.below(3) {
            self.store();
        }
        if is_nested {
            self.step("$q");
            self.text.push_str(
                "(br_if $o (local.tee $outer (i32.sub (local.get $outer) (i32.const 1)))))\n",
            );
        }
        self.text.push_str("(i32.add (i32.add (local.get $p) (local.get $i)) (i32.add (local.get $q) (local.get $n))))\n");
    }

    fn address(&mut self) -> i32 {
        const END: i32 = (PAGES * PAGE) as i32;
        let near = self.random.below(3000) as i32;
        match self.random.below(12) {
            0 => near - 100,
            1 => END - near,
            2 => -near,
            _ => self.random.below(END as u32) as i32,
        }
    }

    fn counters(&mut self) -> [i32; 2] {
        let edge = self.one_of(&[0, 0, 0, 0, 64, 1000, -1, i32::MIN, i32::MAX]);
        let trips = self.random.below(70) as i32 * self.one_of(&[1, 1, 3, 4, 8, -1, -8]);
        let [a, b] = [edge, edge.wrapping_add(trips)];
        if self.random.below(2) == 0 {
            [a, b]
        } else {
            [b, a]
        }
    }
}

#[test]
fn loops_that_go_on_only_sometimes_are_undone_wherever_they_get() {
    const WAYS: [(i32, i32); 8] = [
        (8, 0),
        (-8, 0),
        (8, -8),
        (300, 0),
        (-300, 0),
        (16, 4),
        (-16, -4),
        (700, -350),
    ];
    const END: i32 = (PAGES * PAGE) as i32;
    let mut text = String::from(HEAD);
    for (nth, (count, constant)) in WAYS.iter().enumerate() {
        // The bits of a number say, from the lowest on, whether it goes on; the second store is where it goes then.
        let _ = writeln!(
            text,
            "(func (export \"{nth}\") (param $p i32) (param $n i32) (param $bits i32) (result i32) (local $bit i32)
                 (loop $l (call $trip)
                     (local.set $bit (i32.ne (i32.and (local.get $bits) (i32.const 1)) (i32.const 0)))
                     (local.set $bits (i32.rotr (local.get $bits) (i32.const 1)))
                     (i64.store (local.get $p) (i64.const 0))
                     (i64.store offset=2 (i32.add (local.get $p) (i32.mul (local.get $bit) (i32.const {count}))) (i64.const 0))
                     (local.set $p (i32.add (i32.add (local.get $p) (i32.const {constant})) (i32.mul (local.get $bit) (i32.const {count}))))
                     (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                 (local.get $p))"
        );
    }
    text.push(')');
    assert_eq!(loops_of(&text), [WAYS.len(), 2 * WAYS.len()]);
    let mut pair = Pair::new(&text);
    for (nth, way) in WAYS.iter().enumerate() {
        for bits in [
            0,
            -1,
            0x5555_5555,
            0xffff,
            -0x10000,
            1,
            i32::MIN,
            0x0f0f_0f0f,
        ] {
            for trips in [9, 10, 40, 90] {
                for address in [0, 7, 100, 3000, 40_000, 100_000, END - 3000, END - 300] {
                    let args = [address, trips, bits];
                    pair.check(&nth.to_string(), &args, 200, &|| format!("{way:?}"));
                }
            }
        }
    }
}

#[test]
fn what_a_loop_stores_at_one_of_two_places_is_undone() {
    // As a stable sort partitions: what goes to the left is written from the beginning on, what goes to the right from the end on, counted by the left.
    let text = format!(
        "{HEAD}(func (export \"partition\") (param $p i32) (param $n i32) (param $bits i32) (result i32)
             (local $right i32) (local $left i32) (local $bit i32)
             (local.set $right (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 6))))
             (loop $l (call $trip)
                 (local.set $right (i32.sub (local.get $right) (i32.const 64)))
                 (local.set $bit (i32.ne (i32.and (local.get $bits) (i32.const 1)) (i32.const 0)))
                 (local.set $bits (i32.rotr (local.get $bits) (i32.const 1)))
                 (i64.store
                     (i32.add (select (local.get $p) (local.get $right) (local.get $bit)) (i32.shl (local.get $left) (i32.const 6)))
                     (i64.const -1))
                 (local.set $left (i32.add (local.get $left) (local.get $bit)))
                 (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
             (local.get $left))
         (func (export \"either\") (param $p i32) (param $n i32) (param $bits i32) (result i32) (local $q i32)
             (local.set $q (i32.add (local.get $p) (i32.const 30000)))
             (loop $l (call $trip)
                 (i64.store (select (local.get $p) (local.get $q) (i32.and (local.get $bits) (i32.const 1))) (i64.const -1))
                 (local.set $bits (i32.rotr (local.get $bits) (i32.const 1)))
                 (local.set $p (i32.add (local.get $p) (i32.const 64)))
                 (local.set $q (i32.sub (local.get $q) (i32.const 64)))
                 (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
             (local.get $p)))"
    );
    assert_eq!(loops_of(&text), [2, 4]);
    const END: i32 = (PAGES * PAGE) as i32;
    let mut pair = Pair::new(&text);
    for bits in [0, -1, 0x5555_5555, 0xffff, -0x10000, 1, i32::MIN] {
        for trips in [1, 9, 40, 150, 190] {
            for address in [0, 1000, 3000, 40_000, END - 13_000, END - 3000] {
                for name in ["partition", "either"] {
                    pair.check(name, &[address, trips, bits], 200, &|| format!("{bits:x}"));
                }
            }
        }
    }
}

#[test]
fn a_loop_may_store_at_a_constant_place_beside_locals_of_other_types_that_are_zero() {
    let loops: String = ["i32", "i64", "f32", "f64"]
        .iter()
        .map(|ty| {
            format!(
                "(func (export \"{ty}\") (param $n i32) (result i32) (local $zero {ty})
                     (loop $l (call $trip)
                         (i32.store (i32.const 5000) (i32.add (i32.load (i32.const 5000)) (i32.const 1)))
                         (local.set $zero ({ty}.const 7))
                         (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                     (local.get $n))\n"
            )
        })
        .collect();
    let mut pair = Pair::new(&format!("{HEAD}{loops})"));
    for name in ["i32", "i64", "f32", "f64"] {
        for trips in [1, 9, 150] {
            pair.check(name, &[trips], 200, &|| format!("{name}, {trips} trips"));
        }
    }
}

#[test]
fn random_loops_do_what_they_did_and_are_undone() {
    let (mut traps, mut ended, mut doubled, mut lost) = (0, 0, 0, 0);
    for seed in seeds(crate::how_many(120)) {
        let mut random = Random(seed.wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1);
        let mut writer = Writer {
            random: &mut random,
            text: HEAD.into(),
        };
        for name in 0..4 {
            writer.function(name);
        }
        writer.text.push(')');
        let text = std::mem::take(&mut writer.text);
        let mut pair = Pair::new(&text);
        pair.lost = Some(0);
        let [before, after] = loops_of(&text);
        doubled += after - before;
        for call in 0..40 {
            let [i, n] = writer.counters();
            let args = [writer.address(), writer.address(), i, n];
            let fuel = writer.one_of(&[5, 80, 250, 400]);
            let name = format!("f{}", call % 4);
            if pair.check(&name, &args, fuel, &|| format!("SEED={seed}\n{text}")) {
                traps += 1;
            } else {
                ended += 1;
            }
        }
        lost += pair.lost.unwrap_or(0);
    }
    assert!(
        lost < 1 + ended / 100,
        "{lost} calls wrote behind the memory"
    );
    if std::env::var("SEED").is_err() {
        assert!(
            traps > 800 && ended > 800 && doubled > 100,
            "{traps} calls trapped, {ended} ended well; {doubled} loops were written twice"
        );
    }
}
