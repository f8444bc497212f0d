//! Random programs that write in the way that compilers have them write: to places near each other, in frames, in loops, on some ways and not on
//! others. As text, so that one that fails can be read.

use std::fmt::Write;

use crate::Random;

/// Where the stack pointer rests, and the data begins.
pub const REST: i32 = 65_536;

/// How many functions a program has. The first is `f0`; each may call those that come after it.
const FUNCTIONS: u32 = 4;

/// Exported: `memory`; `fuel`, how many statements may be reached before one traps; `f0`, of two numbers.
pub fn program(random: &mut Random) -> String {
    let mut text = format!(
        "(module (memory (export \"memory\") 4) (data (i32.const {REST}) \"data\")
         (global $__stack_pointer (export \"__stack_pointer\") (mut i32) (i32.const {REST}))
         (global $fuel (export \"fuel\") (mut i32) (i32.const 0)) (global $seen (export \"seen\") (mut i64) (i64.const 0))\n"
    );
    for function in 0..FUNCTIONS {
        let mut body = Writer {
            random,
            text: String::new(),
            function,
            depth: 0,
            labels: 0,
        };
        body.statements(8);
        let body = body.text;
        let _ = writeln!(
            text,
            "(func $f{function} {} (param $a i32) (param $b i32) (result i32) (local $c i32) (local $d i32) (local $top i32) (local $frame i32) (local $n i32)
             (local.set $a {a}) (local.set $b {b}) (local.set $c (local.get $a))
             (local.set $top (global.get $__stack_pointer))
             (local.set $frame {frame}) (global.set $__stack_pointer (local.get $frame))
             (local.set $d (i32.const {REST}))
             {body}
             (global.set $__stack_pointer (local.get $top))
             (i32.add (local.get $c) (i32.load (local.get $b))))",
            if function == 0 { "(export \"f0\")" } else { "" },
            frame = frame(function),
            a = somewhere("(local.get $a)"),
            b = somewhere("(local.get $b)"),
        );
    }
    text.push(')');
    text
}

/// Where a function's frame of 256 bytes begins: in every other function, at a multiple of 64.
fn frame(function: u32) -> String {
    let frame = "(i32.sub (local.get $top) (i32.const 256))";
    if function.is_multiple_of(2) {
        frame.into()
    } else {
        format!("(i32.and {frame} (i32.const -64))")
    }
}

/// An address of the program's data, from any number, and close to where a granule ends; what is a kilobyte around it is the program's, too.
fn somewhere(number: &str) -> String {
    format!(
        "(i32.add (i32.const {}) (i32.and {number} (i32.const 0x1fcff)))",
        REST + 2048 - 128
    )
}

struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    function: u32,
    depth: u32,
    labels: u32,
}

impl Writer<'_> {
    fn statements(&mut self, most: u32) {
        for _ in 0..=self.random.below(most) {
            self.text.push_str(
                "(global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
                 (if (i32.eqz (global.get $fuel)) (then unreachable))\n",
            );
            self.statement();
        }
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.random.below(of.len() as u32) as usize]
    }

    fn number(&mut self, from: i32, to: i32) -> i32 {
        from + self.random.below((to - from) as u32) as i32
    }

    fn statement(&mut self) {
        if self.random.below(24) == 0 {
            self.reuse_frame();
        }
        let nested = self.depth < 4;
        match self.random.below(if nested { 16 } else { 11 }) {
            0..=4 => self.store(),
            5 => {
                let (local, store) = (self.pick(&["$a", "$b", "$c"]), self.number(-300, 300));
                let from = self.pick(&["$a", "$b", "$c", "$d"]);
                let _ = writeln!(self.text, "(local.set {local} {})", near(from, store));
            }
            6 => {
                let (local, from) = (self.pick(&["$a", "$b", "$c"]), self.pick(&["$a", "$b", "$c"]));
                let factor = self.number(2, 900);
                let product = format!("(i32.mul (local.get {from}) (i32.const {factor}))");
                let _ = writeln!(self.text, "(local.set {local} {})", somewhere(&product));
            }
            7 => {
                let (offset, value) = (self.number(0, 300), self.pick(&["$a", "$b", "$c"]));
                let _ = writeln!(self.text, "(i32.store offset={offset} (local.get $frame) (local.get {value}))");
            }
            8 => {
                let (to, from) = (self.pick(&["$a", "$b", "$c", "$d"]), self.pick(&["$a", "$b", "$frame"]));
                let length = self.number(0, 200);
                let _ = match self.random.below(3) {
                    0 => writeln!(self.text, "(memory.fill (local.get {to}) (local.get $b) (i32.const {length}))"),
                    1 => writeln!(self.text, "(memory.fill (local.get $frame) (local.get {to}) (i32.const {length}))"),
                    _ => writeln!(self.text, "(memory.copy (local.get {to}) (local.get {from}) (i32.const {length}))"),
                };
            }
            9 => self.text.push_str("(global.set $seen (i64.add (global.get $seen) (i64.extend_i32_u (local.get $a))))\n"),
            10 => {
                let callee = self.function + 1 + self.random.below(FUNCTIONS);
                if callee < FUNCTIONS {
                    let (a, b) = (self.pick(&["$a", "$b", "$d"]), self.pick(&["$b", "$c", "$frame"]));
                    let _ = writeln!(self.text, "(local.set $c {})", somewhere(&format!("(call $f{callee} (local.get {a}) (local.get {b}))")));
                }
            }
            kind => self.nested(kind),
        }
    }

    /// The local of the frame's address is used for something else, on a way that goes on or on one that ends.
    fn reuse_frame(&mut self) {
        let bit = self.random.below(12);
        let end = self.pick(&["", "", "unreachable"]);
        let _ = writeln!(
            self.text,
            "(if (i32.and (i32.shr_u (local.get $b) (i32.const {bit})) (i32.const 1)) (then
             (local.set $frame (local.get $c)) (i32.store (local.get $frame) (local.get $b)) {end}))"
        );
    }

    fn nested(&mut self, kind: u32) {
        self.depth += 1;
        self.labels += 1;
        let label = self.labels;
        let bit = self.random.below(12);
        let condition =
            format!("(i32.and (i32.shr_u (local.get $a) (i32.const {bit})) (i32.const 1))");
        match kind {
            11 => {
                let _ = writeln!(self.text, "(if {condition} (then");
                self.statements(4);
                self.text.push_str(") (else ");
                self.statements(4);
                self.text.push_str("))\n");
            }
            12 => {
                let _ = writeln!(self.text, "(if {condition} (then");
                self.statements(4);
                self.text.push_str("))\n");
            }
            13 => {
                let _ = writeln!(self.text, "(block $l{label}");
                self.statements(3);
                let _ = writeln!(self.text, "(br_if $l{label} {condition})");
                self.statements(3);
                self.text.push_str(")\n");
            }
            14 => {
                let times = self.number(1, 4);
                let _ = writeln!(
                    self.text,
                    "(local.set $n (i32.const {times})) (loop $l{label}"
                );
                self.statements(4);
                // The counter of a loop within is left at 0 or below.
                let _ = writeln!(
                    self.text,
                    "(local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $l{label} (i32.gt_s (local.get $n) (i32.const 0))))"
                );
            }
            _ => {
                let _ = writeln!(
                    self.text,
                    "(block $l{label} (block $m{label} (br_table $l{label} $m{label} {condition}))"
                );
                self.statements(3);
                self.text.push_str(")\n");
            }
        }
        self.depth -= 1;
    }

    fn store(&mut self) {
        let (base, offset) = (self.pick(&["$a", "$b", "$c", "$d"]), self.number(0, 260));
        let other = self.pick(&["$a", "$b", "$c"]);
        let value = self.pick(&["$a", "$b", "$c", "$n"]);
        let shift = self.number(-200, 200);
        let address = match self.random.below(4) {
            0 => near(base, shift),
            1 => format!("(i32.const {})", REST + self.number(0, 5000)),
            2 => somewhere(&format!("(i32.add (local.get {base}) (local.get {other}))")),
            _ => format!("(local.get {base})"),
        };
        let _ = match self.random.below(8) {
            0 => writeln!(
                self.text,
                "(i32.store8 offset={offset} {address} (local.get {value}))"
            ),
            1 => writeln!(
                self.text,
                "(i64.store offset={offset} {address} (i64.extend_i32_s (local.get {value})))"
            ),
            2 => writeln!(
                self.text,
                "(v128.store offset={offset} {address} (i32x4.splat (local.get {value})))"
            ),
            3 => writeln!(
                self.text,
                "(f64.store offset={offset} {address} (f64.convert_i32_s (local.get {value})))"
            ),
            4 => writeln!(
                self.text,
                "(i32.store16 offset={offset} {address} (local.get {value}))"
            ),
            _ => writeln!(
                self.text,
                "(i32.store offset={offset} {address} (local.get {value}))"
            ),
        };
    }
}

fn near(local: &str, distance: i32) -> String {
    if distance < 0 {
        format!("(i32.sub (local.get {local}) (i32.const {}))", -distance)
    } else {
        format!("(i32.add (local.get {local}) (i32.const {distance}))")
    }
}
