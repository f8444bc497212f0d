//! The table of JavaScript's values goes back as the memory does.

use wasm_revive_transform::{undo_log, ROLLBACK};
use wasmi::{ExternRef, Nullable, Val};

use super::{seeds, Random, Running};

const TABLE: &str = r#"(module
    (memory (export "memory") 1)
    (table $other 3 funcref)
    (table $values (export "values") 8 600 externref)
    (func (export "set") (param i32 externref) (table.set $values (local.get 0) (local.get 1)))
    (func (export "get") (param i32) (result externref) (table.get $values (local.get 0)))
    (func (export "fill") (param i32 externref i32)
        (table.fill $values (local.get 0) (local.get 1) (local.get 2)))
    (func (export "grow") (param externref i32) (result i32)
        (table.grow $values (local.get 0) (local.get 1)))
    (func (export "size") (result i32) (table.size $values)))"#;

struct Values {
    run: Running,
    /// What stands for the number n.
    values: Vec<ExternRef>,
}

impl Values {
    fn new() -> Self {
        let (changed, _) = undo_log(&wat::parse_str(TABLE).unwrap()).unwrap();
        let mut run = Running::new(&changed);
        let values = (0..10).map(|n| ExternRef::new(&mut run.store, n));
        Values {
            values: values.collect(),
            run,
        }
    }

    fn value(&self, n: u32) -> Val {
        match self.values.get(n as usize) {
            Some(value) => Val::from(*value),
            None => Val::ExternRef(Nullable::Null),
        }
    }

    fn call(&mut self, name: &str, args: &[Val]) -> Result<Val, String> {
        let function = self.run.instance.get_func(&self.run.store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&self.run.store).results().len()];
        let called = function.call(&mut self.run.store, args, &mut results);
        called.map_err(|error| error.to_string())?;
        Ok(results.pop().unwrap_or(Val::I32(0)))
    }

    /// The numbers that the table's elements stand for.
    fn all(&mut self) -> Vec<Option<i32>> {
        let size = self.call("size", &[]).unwrap().i32().unwrap();
        (0..size)
            .map(|place| {
                let value = self.call("get", &[Val::I32(place)]).unwrap();
                match value.externref().unwrap() {
                    Nullable::Null => None,
                    Nullable::Val(value) => {
                        value.data(&self.run.store).downcast_ref::<i32>().copied()
                    }
                }
            })
            .collect()
    }
}

#[test]
fn a_table_of_values_is_as_it_was_and_as_large() {
    for seed in seeds(30) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut table = Values::new();
        for turn in 0..40 {
            let before = table.all();
            let mut model = before.clone();
            for _ in 0..random.below(if turn % 10 == 9 { 900 } else { 20 }) {
                let (place, count) = (random.below(12 + model.len() as u32), random.below(20));
                let n = random.below(12);
                let value = table.value(n);
                let meant = (n < 10).then_some(n as i32);
                match random.below(4) {
                    0 => {
                        let args = [Val::I32(place as i32), value, Val::I32(count as i32)];
                        let done = table.call("fill", &args).is_ok();
                        let inside = (place + count) as usize <= model.len();
                        assert_eq!(done, inside, "seed {seed}");
                        if inside {
                            model[place as usize..(place + count) as usize].fill(meant);
                        }
                    }
                    1 if random.below(4) == 0 => {
                        let size = table.call("grow", &[value, Val::I32(count as i32)]);
                        let size = size.unwrap().i32().unwrap();
                        if model.len() + count as usize <= 600 {
                            assert_eq!(size, model.len() as i32, "seed {seed}");
                            model.extend((0..count).map(|_| meant));
                        } else {
                            assert_eq!(size, -1, "seed {seed}");
                        }
                    }
                    _ => {
                        // Places that are spare are behind the table as the program sees it, which has none of them.
                        let place = place % model.len() as u32;
                        table.call("set", &[Val::I32(place as i32), value]).unwrap();
                        model[place as usize] = meant;
                    }
                }
            }
            assert_eq!(
                table.all(),
                model,
                "what the program sees, seed {seed}, turn {turn}"
            );
            if random.below(2) == 0 {
                table.run.commit();
            } else {
                table.call(ROLLBACK, &[]).unwrap();
                assert_eq!(table.all(), before, "seed {seed}, turn {turn}");
            }
        }
    }
}

#[test]
fn what_changes_other_tables_is_refused() {
    for text in [
        r#"(module (memory 1) (table 3 funcref)
            (func (export "change") (table.set 0 (i32.const 0) (ref.null func))))"#,
        r#"(module (memory 1) (table 3 externref) (table 3 externref)
            (func (export "change") (table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 1))))"#,
        r#"(module (import "" "" (table 3 externref)) (memory 1)
            (func (export "change") (table.set 0 (i32.const 0) (ref.null extern))))"#,
    ] {
        let error = undo_log(&wat::parse_str(text).unwrap()).unwrap_err();
        assert!(error.message().contains("table"), "{}", error.message());
    }
}
