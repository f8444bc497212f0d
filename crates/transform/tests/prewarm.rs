//! A module that begins in the state which an instance had after its start function, run by an engine.

use wasm_revive_transform::{inspect, prewarm, with_build_id, State};
use wasmi::{Engine, Extern, Instance, Linker, Module, Store, Val};

/// Counts how often its start function runs, in the memory and in a global.
const PROGRAM: &str = r#"(module
    (type (func))
    (import "./app_bg.js" "__wbindgen_init_externref_table" (func $fill))
    (import "./app_bg.js" "log" (func $log))
    (memory (export "memory") 2 9)
    (table $values (export "values") 4 externref)
    (global $__stack_pointer (mut i32) (i32.const 1024))
    (global $starts (mut i64) (i64.const -5))
    (global $half (export "half") (mut f32) (f32.const 0))
    (global (export "constant") i32 (i32.const 77))
    (func $start (export "__wbindgen_start")
        (call $fill)
        (call $log)
        (i32.store (i32.const 1000) (i32.const 9))
        (i32.store (i32.const 2000) (i32.add (i32.load (i32.const 2000)) (i32.const 1)))
        (i32.store8 (i32.const 1100) (i32.const 0))
        (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 190000) (i32.const 123456))
        (global.set $starts (i64.add (global.get $starts) (i64.const 1)))
        (global.set $half (f32.const 0.5))
        (drop (table.grow $values (ref.null extern) (i32.const 3))))
    (func (export "starts") (result i64) (global.get $starts))
    (func (export "passive") (memory.init $kept (i32.const 3000) (i32.const 0) (i32.const 4)))
    (func (export "__wasm_revive_restored") (i32.store (i32.const 4000) (i32.const 1)))
    (data (i32.const 1024) "first data, of which the last letters are zeroed: ab")
    (data $kept "kept")
    (data (i32.const 70000) "\01"))"#;

struct Run {
    store: Store<Vec<&'static str>>,
    instance: Instance,
}

impl Run {
    fn new(module: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        let mut linker = Linker::new(&engine);
        for name in ["__wbindgen_init_externref_table", "log"] {
            linker
                .func_wrap(
                    "./app_bg.js",
                    name,
                    move |mut caller: wasmi::Caller<'_, Vec<&'static str>>| {
                        caller.data_mut().push(name);
                    },
                )
                .unwrap();
        }
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        Run { store, instance }
    }

    fn call(&mut self, name: &str) {
        let function = self.instance.get_func(&self.store, name).unwrap();
        function.call(&mut self.store, &[], &mut []).unwrap();
    }

    fn starts(&mut self) -> i64 {
        let function = self.instance.get_func(&self.store, "starts").unwrap();
        let mut results = [Val::I64(0)];
        function.call(&mut self.store, &[], &mut results).unwrap();
        results[0].i64().unwrap()
    }

    fn memory(&self) -> Vec<u8> {
        let memory = self.instance.get_memory(&self.store, "memory").unwrap();
        memory.data(&self.store).to_vec()
    }

    fn half(&self) -> f32 {
        let half = self.instance.get_global(&self.store, "half").unwrap();
        half.get(&self.store).f32().unwrap().to_float()
    }

    fn values(&self) -> u64 {
        match self.instance.get_export(&self.store, "values") {
            Some(Extern::Table(table)) => table.size(&self.store),
            _ => 0,
        }
    }
}

fn globals(pointer: i32, starts: i64, half: f32) -> Vec<u8> {
    let mut globals = f64::from(pointer).to_le_bytes().to_vec();
    globals.extend(starts.to_le_bytes());
    globals.extend(f64::from(half).to_le_bytes());
    globals
}

fn warm(original: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut cold = Run::new(original);
    cold.call("__wbindgen_start");
    let memory = cold.memory();
    let globals = globals(1024, cold.starts(), cold.half());
    let state = State {
        memory: &memory,
        globals: &globals,
        references: cold.values() as u32,
    };
    (prewarm(original, state).unwrap(), memory)
}

#[test]
fn begins_as_the_start_function_has_left_it_and_does_not_run_it() {
    let original = wat::parse_str(PROGRAM).unwrap();
    let (module, mut after) = warm(&original);
    for _ in 0..2 {
        let mut run = Run::new(&module);
        assert_eq!((run.starts(), run.half()), (-4, 0.5));
        run.call("__wbindgen_start");
        assert_eq!(run.starts(), -4);
        assert_eq!(run.values(), 7);
        assert_eq!(run.store.data()[..], ["__wbindgen_init_externref_table"]);
        // What is below where the stack's pointer rests is of no use any more, and what runs after a state was restored has run.
        after[..1024].fill(0);
        after[4000] = 1;
        assert!(run.memory() == after);
        run.call("passive");
        assert_eq!(run.memory()[3000..3004], *b"kept");
    }
}

#[test]
fn leaves_the_code_where_it_is_and_writes_down_no_zeros() {
    let original = wat::parse_str(PROGRAM).unwrap();
    let (module, _) = warm(&original);
    let code = |bytes: &[u8]| {
        let code = inspect(bytes).unwrap().code.unwrap();
        bytes[code.offset..code.offset + code.size].to_vec()
    };
    let (old, new) = (code(&original), code(&module));
    // One function more.
    assert_eq!(old[1..], new[1..old.len()]);
    assert!(module.len() < original.len() + 200);
    assert_eq!(warm(&original).0, module);
}

#[test]
fn of_much_that_is_scattered_not_every_run_of_zeros_is_left_out() {
    let original = wat::parse_str(
        r#"(module (memory (export "memory") 32) (func (export "__wbindgen_start")))"#,
    )
    .unwrap();
    let mut memory = vec![0; 32 * 65_536];
    for at in (0..memory.len()).step_by(100) {
        memory[at] = 1;
    }
    let state = State {
        memory: &memory,
        globals: &[],
        references: 0,
    };
    let run = Run::new(&prewarm(&original, state).unwrap());
    assert!(run.memory() == memory);
}

#[test]
fn debug_information_stays_unless_one_function_more_moves_the_code() {
    let with = |functions: usize| {
        let all = "(func (drop (i32.const 1)))".repeat(functions - 1);
        let module = format!(
            r#"(module (memory (export "memory") 1) (func (export "__wbindgen_start")) {all} (@custom ".debug_line" "x"))"#
        );
        let memory = vec![0; 65_536];
        let state = State {
            memory: &memory,
            globals: &[],
            references: 0,
        };
        let warm = prewarm(&wat::parse_str(module).unwrap(), state).unwrap();
        !inspect(&warm).unwrap().custom_sections.is_empty()
    };
    assert_eq!([126, 127, 128].map(with), [true, false, true]);
}

#[test]
fn what_has_no_start_function_or_another_state_is_refused() {
    let memory = vec![0; 65_536];
    let state = |memory| State {
        memory,
        globals: &[],
        references: 0,
    };
    let refusal = |text: &str, memory| {
        let error = prewarm(&wat::parse_str(text).unwrap(), state(memory)).unwrap_err();
        error.message().to_string()
    };
    let bare = r#"(module (memory (export "memory") 1))"#;
    assert_eq!(refusal(bare, &memory[..]), "it has no start function");
    let started = r#"(module (memory (export "memory") 1) (func (export "__wbindgen_start")))"#;
    assert!(refusal(started, &memory[1..]).contains("another module"));
    assert!(prewarm(b"\0asm", state(&memory)).is_err());
    let named = with_build_id(&wat::parse_str(started).unwrap(), &[1]).unwrap();
    assert!(prewarm(&named, state(&memory)).is_ok());
}
