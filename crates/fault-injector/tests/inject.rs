//! A module that fails where it is told to, run in an interpreter.

use wasm_revive_fault_injector::{
    inject, AFTER, BARRIERS, CALLS, FLOOR, IMPORTS, KINDS, NEXT, OMISSIONS, OMITTED, STORES,
};
use wasmi::{Engine, Instance, Linker, Module, Store, Val};

const MODULE: &str = r#"(module
    (import "host" "tick" (func $tick))
    (memory (export "memory") 1)
    (func $inner (i32.store (i32.const 5000) (i32.const 3)))
    (func (export "turn") (param $at i32)
        (i32.store (local.get $at) (i32.const 7))
        (call $tick)
        (call $inner)
        (memory.fill (i32.const 9000) (i32.const 9) (i32.const 4))))"#;

struct World {
    store: Store<()>,
    instance: Instance,
}

impl World {
    fn new() -> Self {
        let plain = wat::parse_str(MODULE).unwrap();
        let (undoable, _) = wasm_revive_transform::undo_log(&plain).unwrap();
        let failing = inject(&plain, &undoable).unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, &failing[..]).unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "tick", || ()).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        World { store, instance }
    }

    fn get(&self, name: &str) -> i32 {
        let global = self.instance.get_global(&self.store, name).unwrap();
        global.get(&self.store).i32().unwrap()
    }

    fn set(&mut self, name: &str, value: i32) {
        let global = self.instance.get_global(&self.store, name).unwrap();
        global.set(&mut self.store, Val::I32(value)).unwrap();
    }

    fn call(&mut self, name: &str) {
        let function = self.instance.get_typed_func::<(), ()>(&self.store, name);
        function.unwrap().call(&mut self.store, ()).unwrap();
    }

    fn turn(&mut self) -> Result<(), wasmi::Error> {
        let turn = self
            .instance
            .get_typed_func::<i32, ()>(&self.store, "turn")?;
        turn.call(&mut self.store, 100)
    }

    /// What is at the three places that a turn writes to.
    fn written(&self) -> [u8; 3] {
        let memory = self.instance.get_memory(&self.store, "memory").unwrap();
        [100, 5000, 9000].map(|at| memory.data(&self.store)[at])
    }
}

#[test]
fn the_kth_store_traps_in_its_place() {
    for (k, written) in [(1, [0, 0, 0]), (2, [7, 0, 0]), (3, [7, 3, 0])] {
        let mut world = World::new();
        world.set(STORES, k);
        assert!(world.turn().is_err());
        assert_eq!(world.written(), written);
        world.call("__wasm_revive_rollback");
        assert_eq!(world.written(), [0, 0, 0]);
    }
}

#[test]
fn calls_and_imports_count_for_themselves() {
    for (counter, written) in [(IMPORTS, [7, 0, 0]), (CALLS, [7, 0, 0])] {
        let mut world = World::new();
        world.set(counter, 1);
        assert!(world.turn().is_err());
        assert_eq!(world.written(), written);
    }
    let mut world = World::new();
    world.turn().unwrap();
    assert_eq!(
        [STORES, CALLS, IMPORTS].map(|counter| world.get(counter)),
        [-3, -1, -1]
    );
}

#[test]
fn a_barrier_that_is_left_out_logs_nothing() {
    let mut world = World::new();
    // A store by an address, one by a constant, a fill, and those in the functions that log ranges: before a fill, and before a loop, of which there is none.
    assert_eq!(world.get(BARRIERS), 5);
    let mut found = Vec::new();
    for barrier in 0..4 {
        let mut world = World::new();
        world.set(OMITTED, barrier);
        world.turn().unwrap();
        assert!(world.get(OMISSIONS) > 0);
        world.call("__wasm_revive_rollback");
        found.push(world.written());
    }
    assert_eq!(found, [[0, 3, 0], [7, 0, 0], [0, 0, 9], [0, 0, 9]]);
    world.turn().unwrap();
    assert_eq!(world.get(OMISSIONS), 0);
}

#[test]
fn the_barriers_that_a_turn_reaches_are_found_one_by_one() {
    let mut world = World::new();
    world.set(FLOOR, 5000);
    let mut reached = vec![-1];
    while reached.last() != Some(&i32::MAX) {
        world.set(AFTER, reached[reached.len() - 1]);
        world.set(NEXT, i32::MAX);
        world.turn().unwrap();
        reached.push(world.get(NEXT));
        world.call("__wasm_revive_rollback");
    }
    // Not the store below 5000.
    assert_eq!(reached, [-1, 0, 2, 3, i32::MAX]);
}

#[test]
fn nothing_is_left_out_below_the_floor() {
    let mut world = World::new();
    world.set(FLOOR, 5000);
    world.set(OMITTED, -1);
    world.turn().unwrap();
    world.call("__wasm_revive_rollback");
    assert_eq!(world.written(), [0, 3, 9]);
}

#[test]
fn a_kind_is_left_out_as_a_whole() {
    let mut world = World::new();
    assert_eq!(world.get(KINDS), 2);
    world.set(OMITTED, -1);
    world.turn().unwrap();
    world.call("__wasm_revive_rollback");
    assert_eq!(world.written(), [7, 3, 9]);
    let mut world = World::new();
    world.set(OMITTED, -2);
    world.turn().unwrap();
    world.call("__wasm_revive_rollback");
    assert_eq!(world.written(), [0, 0, 9]);
}

#[test]
fn a_module_without_a_log_is_refused() {
    let plain = wat::parse_str(MODULE).unwrap();
    let error = inject(&plain, &plain).unwrap_err();
    assert_eq!(error.to_string(), "the module has no undo log");
}
