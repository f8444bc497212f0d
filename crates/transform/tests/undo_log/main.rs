//! What a turn has written is undone, to the byte, and a program with a log computes what it computed without.

use wasm_encoder::reencode::Reencode;
use wasm_revive_transform::{inspect, undo_log, ExternType, CHANGED, COMMIT, NOTE, ROLLBACK};
use wasmi::{Engine, Instance, Linker, Module, Store, Val};

mod canaries;
mod debug_info;
mod dwarf;
mod frames;
mod images;
mod loops;
mod programs;
mod tables;

/// Random numbers that a seed repeats (xorshift).
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % u64::from(limit)) as u32
    }
}

/// The seeds of a random test: `SEED=n` repeats one.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (1..=count).collect(),
    }
}

/// How many cases a random test goes through: so many, or `CASES=n`.
fn how_many(cases: u64) -> u64 {
    match std::env::var("CASES") {
        Ok(cases) => cases.parse().expect("CASES is a number"),
        Err(_) => cases,
    }
}

struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Running {
    fn new(bytes: &[u8]) -> Self {
        Self::try_new(bytes).expect("it can be instantiated")
    }

    /// None where a start function or a segment traps.
    fn try_new(bytes: &[u8]) -> Option<Self> {
        let engine = Engine::default();
        let module = Module::new(&engine, bytes).expect("the module is valid");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine)
            .instantiate_and_start(&mut store, &module)
            .ok()?;
        Some(Running { store, instance })
    }

    fn call(&mut self, name: &str, args: &[i32]) -> Result<Option<i32>, String> {
        let function = self.instance.get_func(&self.store, name).expect(name);
        let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        match function.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(results.first().and_then(Val::i32)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Ends a turn as a host does, which calls nothing where nothing has changed.
    fn commit(&mut self) {
        let address = self.global(CHANGED).i32().expect("it is an address") as usize;
        let memory = self.instance.get_memory(&self.store, "memory");
        let word = &memory.expect("there is a memory").data(&self.store)[address..address + 4];
        if word != [0; 4] {
            self.call(COMMIT, &[]).unwrap();
        }
    }

    fn memory(&self, bytes: usize) -> Vec<u8> {
        self.data(bytes).to_vec()
    }

    fn data(&self, bytes: usize) -> &[u8] {
        let memory = self
            .instance
            .get_memory(&self.store, "memory")
            .expect("there is a memory");
        &memory.data(&self.store)[..bytes]
    }

    fn pages(&self) -> u64 {
        self.instance
            .get_memory(&self.store, "memory")
            .expect("there is a memory")
            .size(&self.store)
    }

    fn global(&self, name: &str) -> Val {
        self.instance
            .get_global(&self.store, name)
            .expect(name)
            .get(&self.store)
    }

    fn set_global(&mut self, name: &str, value: Val) {
        let global = self.instance.get_global(&self.store, name).expect(name);
        global.set(&mut self.store, value).unwrap();
    }

    fn grow(&mut self, pages: u64) {
        let memory = self.instance.get_memory(&self.store, "memory");
        let memory = memory.expect("there is a memory");
        memory.grow(&mut self.store, pages).expect("there is room");
    }

    fn write(&mut self, address: usize, bytes: &[u8]) {
        let memory = self
            .instance
            .get_memory(&self.store, "memory")
            .expect("there is a memory");
        memory.data_mut(&mut self.store)[address..address + bytes.len()].copy_from_slice(bytes);
    }
}

/// Writes in every way that there is.
const WRITES: &str = r#"(module
    (memory (export "memory") 3 64)
    (global $count (export "count") (mut i32) (i32.const 5))
    (global $wide (mut i64) (i64.const 6))
    (data $text "some text that is copied into the memory again and again")
    (func (export "i32") (param i32 i32) (i32.store offset=3 (local.get 0) (local.get 1)))
    (func (export "i32_8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "i32_16") (param i32 i32) (i32.store16 (local.get 0) (local.get 1)))
    (func (export "i64") (param i32 i32) (i64.store offset=1023 (local.get 0) (i64.extend_i32_s (local.get 1))))
    (func (export "i64_8") (param i32 i32) (i64.store8 (local.get 0) (i64.extend_i32_s (local.get 1))))
    (func (export "i64_16") (param i32 i32) (i64.store16 (local.get 0) (i64.extend_i32_s (local.get 1))))
    (func (export "i64_32") (param i32 i32) (i64.store32 (local.get 0) (i64.extend_i32_s (local.get 1))))
    (func (export "f32") (param i32 i32) (f32.store (local.get 0) (f32.convert_i32_s (local.get 1))))
    (func (export "f64") (param i32 i32) (f64.store (local.get 0) (f64.convert_i32_s (local.get 1))))
    (func (export "v128") (param i32 i32) (v128.store (local.get 0) (i8x16.splat (local.get 1))))
    (func (export "lane8") (param i32 i32) (v128.store8_lane 3 (local.get 0) (i8x16.splat (local.get 1))))
    (func (export "lane16") (param i32 i32) (v128.store16_lane 3 (local.get 0) (i8x16.splat (local.get 1))))
    (func (export "lane32") (param i32 i32) (v128.store32_lane 3 (local.get 0) (i8x16.splat (local.get 1))))
    (func (export "lane64") (param i32 i32) (v128.store64_lane 1 (local.get 0) (i8x16.splat (local.get 1))))
    (func (export "fill") (param i32 i32)
        (memory.fill (local.get 0) (local.get 1) (i32.and (local.get 1) (i32.const 0x1fff))))
    (func (export "copy") (param i32 i32)
        (memory.copy (local.get 0) (i32.and (local.get 1) (i32.const 0xffff)) (i32.and (local.get 1) (i32.const 0xfff))))
    (func (export "init") (param i32 i32)
        (memory.init $text (local.get 0) (i32.const 3) (i32.and (local.get 1) (i32.const 31))))
    (func (export "count_up") (param i32 i32)
        (global.set $count (i32.add (global.get $count) (local.get 1)))
        (global.set $wide (i64.add (global.get $wide) (i64.const 1))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size)))"#;

const WAYS: [&str; 18] = [
    "i32", "i32_8", "i32_16", "i64", "i64_8", "i64_16", "i64_32", "f32", "f64", "v128", "lane8",
    "lane16", "lane32", "lane64", "fill", "copy", "init", "count_up",
];

const PAGE: usize = 65_536;

#[test]
fn whatever_a_turn_has_written_is_undone_to_the_byte() {
    let (changed, layout) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    for seed in seeds(how_many(20)) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut run = Running::new(&changed);
        // The program's pages, by where they begin: those that it has been given later lie behind the log.
        let mut own: Vec<usize> = (0..3).collect();
        for turn in 0..60 {
            let image: Vec<Vec<u8>> = own.iter().map(|page| page_of(&run, *page)).collect();
            let count = run.call("size", &[]).unwrap();
            let mut grown = own.clone();
            for _ in 0..random.below(40) {
                if random.below(12) == 0 {
                    let pages = random.below(3) as i32;
                    let from = run.call("grow", &[pages]).unwrap().unwrap();
                    if from >= 0 {
                        let new = from as usize..from as usize + pages as usize;
                        assert!(
                            new.clone()
                                .all(|page| page_of(&run, page).iter().all(|byte| *byte == 0)),
                            "new pages are zero, seed {seed}"
                        );
                        assert!(
                            !new.clone().any(|page| grown.contains(&page)),
                            "no page is given twice, seed {seed}"
                        );
                        grown.extend(new);
                    }
                    continue;
                }
                let way = WAYS[random.below(WAYS.len() as u32) as usize];
                let page = grown[random.below(grown.len() as u32) as usize];
                let address = page * PAGE + random.below(PAGE as u32 - 40) as usize;
                // A write that ends behind the memory traps, and has written nothing.
                let _ = run.call(way, &[address as i32, random.below(u32::MAX) as i32]);
            }
            if random.below(2) == 0 {
                run.commit();
                own = grown;
            } else {
                run.call(ROLLBACK, &[]).unwrap();
                for (page, before) in own.iter().zip(&image) {
                    assert!(
                        page_of(&run, *page) == *before,
                        "page {page} is as it was, seed {seed}, turn {turn}"
                    );
                }
                assert_eq!(run.call("size", &[]).unwrap(), count, "seed {seed}");
            }
        }
        assert!(layout.pages > 0);
    }
}

fn page_of(run: &Running, page: usize) -> Vec<u8> {
    run.memory((page + 1) * PAGE)[page * PAGE..].to_vec()
}

#[test]
fn globals_go_back_too() {
    let (changed, _) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    let count = |run: &Running| {
        run.instance
            .get_global(&run.store, "count")
            .unwrap()
            .get(&run.store)
            .i32()
    };
    run.call("count_up", &[0, 2]).unwrap();
    run.call(ROLLBACK, &[]).unwrap();
    assert_eq!(
        count(&run),
        Some(5),
        "what was there at first is the first state to go back to"
    );
    run.call("count_up", &[0, 2]).unwrap();
    run.commit();
    run.call("count_up", &[0, 2]).unwrap();
    run.call(ROLLBACK, &[]).unwrap();
    assert_eq!(count(&run), Some(7));
}

#[test]
fn what_the_host_writes_is_undone_where_it_has_said_so() {
    let (changed, _) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    run.write(1000, &[7; 5000]);
    run.commit();
    run.call(NOTE, &[2000, 3000]).unwrap();
    run.write(2000, &[9; 3000]);
    run.call(ROLLBACK, &[]).unwrap();
    assert_eq!(run.memory(6000)[1000..], [7; 5000]);
    for (address, length) in [(-1, 1), (-1, -1), (0, 0), (3 * PAGE as i32 - 1, -1)] {
        assert_eq!(
            run.call(NOTE, &[address, length]),
            Ok(None),
            "nothing happens"
        );
    }
}

#[test]
fn memory_that_undone_turns_have_grown_is_used_again() {
    let (changed, layout) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    for _ in 0..1000 {
        assert_eq!(
            run.call("grow", &[5]).unwrap(),
            Some(3 + layout.pages as i32)
        );
        assert_eq!(
            run.call("grow", &[7]).unwrap(),
            Some(8 + layout.pages as i32)
        );
        run.call("fill", &[(4 + layout.pages as i32) * PAGE as i32, 0x1234])
            .unwrap();
        run.call(ROLLBACK, &[]).unwrap();
    }
    assert_eq!(run.pages(), 3 + u64::from(layout.pages) + 12);
}

#[test]
fn a_turn_may_write_more_than_the_log_had_room_for() {
    let (changed, layout) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    let from = run.call("grow", &[40]).unwrap().unwrap();
    let start = from as usize * PAGE;
    run.write(start, &[3; 40 * PAGE]);
    run.commit();
    let before = run.memory(start + 40 * PAGE);
    let mut pages = Vec::new();
    for _ in 0..5 {
        for granule in 0..40 * 64 {
            run.call("i32", &[(start + granule * 1024) as i32, -1])
                .unwrap();
        }
        run.call(ROLLBACK, &[]).unwrap();
        assert!(run.memory(before.len())[start..] == before[start..]);
        assert!(run.memory(3 * PAGE) == before[..3 * PAGE]);
        pages.push(run.pages());
    }
    assert!(
        pages.iter().all(|size| *size == pages[0]),
        "the log is used again: {pages:?}"
    );
    assert!(
        pages[0] <= 43 + u64::from(layout.pages) + 54,
        "the log has what the turn touched: {pages:?}"
    );
}

#[test]
fn the_program_may_have_as_much_memory_as_before() {
    let module = wat::parse_str(WRITES).unwrap();
    let mut plain = Running::new(&module);
    let mut logged = Running::new(&undo_log(&module).unwrap().0);
    for pages in [0, 30, 30, 2, 1, 1, -1, i32::MIN, 0x10000] {
        let [before, after] =
            [&mut plain, &mut logged].map(|run| run.call("grow", &[pages]).unwrap().unwrap());
        assert_eq!(before == -1, after == -1, "{pages} more");
    }
}

#[test]
fn a_write_out_of_bounds_traps_as_before() {
    let module = wat::parse_str(WRITES).unwrap();
    let mut plain = Running::new(&module);
    let mut logged = Running::new(&undo_log(&module).unwrap().0);

    for way in WAYS.iter().filter(|way| **way != "count_up") {
        for address in [
            3 * PAGE as i32,
            3 * PAGE as i32 + 70_000,
            5 * PAGE as i32,
            1 << 28,
            -1,
            i32::MIN,
            -70_000,
            3 * PAGE as i32 - 1,
            3 * PAGE as i32 - 7,
        ] {
            let args = [address, 0x0fff];
            assert_eq!(
                logged.call(way, &args),
                plain.call(way, &args),
                "{way} at {address}"
            );
        }
    }
    assert!(logged.memory(3 * PAGE) == plain.memory(3 * PAGE));
}

#[test]
fn what_cannot_be_undone_is_refused() {
    for (module, why) in [
        ("(module (func (export \"f\")))", "without a memory"),
        ("(module (import \"a\" \"b\" (memory 1)) (func (export \"f\")))", "imported memory"),
        ("(module (import \"a\" \"b\" (global (mut i32))) (memory 1) (func (export \"f\")))", "imported global"),
        ("(module (memory i64 1) (func (export \"f\")))", "only one memory"),
        ("(module (memory 1 1 shared) (func (export \"f\")))", "only one memory"),
        ("(module (memory 1) (memory 1) (func (export \"f\")))", "only one memory"),
        ("(module (memory 20000) (func (export \"f\")))", "with the log 20025, and may have 16384"),
        (
            "(module (memory 1) (func (export \"f\") (i32.atomic.store (i32.const 0) (i32.const 0))))",
            "can't be undone",
        ),
    ] {
        let error = undo_log(&wat::parse_str(module).unwrap()).unwrap_err();
        assert!(error.message().contains(why), "{module}: {error}");
    }
}

/// What each exported function gives, or how it traps, and what the memory is like after that.
fn calls(
    run: &mut Running,
    functions: &[String],
    memory: &str,
    length: usize,
) -> Vec<(Result<String, String>, Vec<u8>)> {
    let mut seen = Vec::new();
    for name in functions {
        let function = run.instance.get_func(&run.store, name).expect(name);
        let ty = function.ty(&run.store);
        let [args, mut results] = [ty.params(), ty.results()]
            .map(|types| -> Vec<Val> { types.iter().map(|ty| Val::default_for_ty(*ty)).collect() });
        let outcome = function.call(&mut run.store, &args, &mut results);
        let told = outcome
            .map(|()| format!("{results:?}"))
            .map_err(|error| error.to_string());
        seen.push((told, contents(run, memory, length)));
    }
    seen
}

fn contents(run: &Running, memory: &str, length: usize) -> Vec<u8> {
    run.instance
        .get_memory(&run.store, memory)
        .unwrap()
        .data(&run.store)[..length]
        .to_vec()
}

/// A random module that ends, and whose memory stays as it is: what a program is told of that may differ.
fn random_module(random: &mut Random) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        min_memories: 1,
        max_memories: 1,
        max_imports: 0,
        min_types: 4,
        min_funcs: 4,
        max_funcs: 12,
        max_types: 12,
        max_exports: 40,
        min_data_segments: 1,
        max_instructions: 300,
        max_memory32_bytes: 256 << 10,
        export_everything: true,
        allow_start_export: false,
        canonicalize_nans: true,
        memory64_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        relaxed_simd_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        ..wasm_smith::Config::default()
    };
    let noise: Vec<u8> = (0..8_000).map(|_| random.below(256) as u8).collect();
    let mut module =
        wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(&noise)).ok()?;
    module.ensure_termination(2000).ok()?;
    let mut still = wasm_encoder::Module::new();
    Still
        .parse_core_module(&mut still, wasmparser::Parser::new(0), &module.to_bytes())
        .unwrap();
    Some(still.finish())
}

/// Takes out of a module that its memory grows, and that it asks how much there is.
struct Still;

impl Reencode for Still {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for operator in body.get_operators_reader()? {
            match operator? {
                wasmparser::Operator::MemoryGrow { .. } => {
                    function.instructions().drop().i32_const(-1)
                }
                wasmparser::Operator::MemorySize { .. } => function.instructions().i32_const(1),
                other => {
                    function.instruction(&self.instruction(other)?);
                    continue;
                }
            };
        }
        code.function(&function);
        Ok(())
    }
}

#[test]
fn random_modules_do_what_they_did_and_go_back() {
    let (mut compared, mut went_behind) = (0, 0);
    for seed in seeds(how_many(90)) {
        let mut random = Random(seed.wrapping_mul(0xd134_2543_de82_ef95) | 1);
        let Some(module) = random_module(&mut random) else {
            continue;
        };
        let info = inspect(&module).unwrap();
        let Ok((changed, _)) = undo_log(&module) else {
            continue;
        };
        let named = |is: fn(&ExternType) -> bool| {
            info.exports
                .iter()
                .filter(move |export| is(&export.ty))
                .map(|export| export.name.clone())
        };
        let functions: Vec<String> = named(|ty| matches!(ty, ExternType::Function(_))).collect();
        let memory = named(|ty| matches!(ty, ExternType::Memory(_)))
            .next()
            .unwrap();
        let length = info.memories[0].limits.initial as usize * PAGE;
        let (Some(mut plain), Some(mut logged)) =
            (Running::try_new(&module), Running::try_new(&changed))
        else {
            continue;
        };
        let fresh = contents(&logged, &memory, length);
        let before = calls(&mut plain, &functions, &memory, length);
        let after = calls(&mut logged, &functions, &memory, length);
        logged.call(ROLLBACK, &[]).unwrap();
        assert!(
            contents(&logged, &memory, length) == fresh,
            "seed {seed}: the memory is as it was"
        );
        // What is read behind the program's memory is the log's, and no trap; what is written close behind it is lost, and what is before its end isn't.
        let goes_behind = before.iter().zip(&after).any(|(before, after)| {
            let error = before.0.as_ref().err();
            error.is_some_and(|error| error.contains("out of bounds memory")) && before != after
        });
        if goes_behind {
            went_behind += 1;
            continue;
        }
        assert!(
            before == after,
            "seed {seed}: {:?} and {:?}",
            told(&before),
            told(&after)
        );
        assert!(
            told(&calls(&mut logged, &functions, &memory, length)) == told(&before),
            "seed {seed}: so are the globals"
        );
        compared += 1;
    }
    if std::env::var("SEED").is_err() {
        assert!(
            compared > 40,
            "{compared} modules compared; {went_behind} went behind their memories"
        );
    }
}

fn told(seen: &[(Result<String, String>, Vec<u8>)]) -> Vec<&Result<String, String>> {
    seen.iter().map(|(told, _)| told).collect()
}

#[test]
fn random_programs_compute_what_they_did_and_are_undone_wherever_they_trap() {
    let (mut traps, mut ended) = (0, 0);
    for seed in seeds(how_many(90)) {
        let mut random = Random(seed.wrapping_mul(0xa076_1d64_78bd_642f) | 1);
        let text = programs::program(&mut random);
        let module = wat::parse_str(&text).unwrap();
        let mut plain = Running::new(&module);
        let mut logged = Running::new(&undo_log(&module).unwrap().0);
        for turn in 0..30 {
            let fuel = 1 + random.below(if turn % 3 == 0 { 400 } else { 40 }) as i32;
            let args = [0, 1].map(|_| random.below(u32::MAX) as i32);
            let image = logged.memory(4 * PAGE);
            let seen = logged.global("seen").i64();
            for run in [&mut plain, &mut logged] {
                run.set_global("fuel", Val::I32(fuel));
            }
            let (before, after) = (plain.call("f0", &args), logged.call("f0", &args));
            assert!(
                before == after,
                "seed {seed}, turn {turn}: {before:?} and {after:?}"
            );
            assert!(
                plain.memory(4 * PAGE) == logged.memory(4 * PAGE),
                "seed {seed}, turn {turn}: the memories differ"
            );
            if after.is_ok() && random.below(3) > 0 {
                logged.commit();
                ended += 1;
                continue;
            }
            traps += u32::from(after.is_err());
            logged.call(ROLLBACK, &[]).unwrap();
            // Below where the stack pointer rests, nothing is of any use.
            let live = programs::REST as usize..;
            let now = logged.memory(4 * PAGE);
            if now[live.clone()] != image[live.clone()] {
                let at = live.into_iter().find(|at| now[*at] != image[*at]).unwrap();
                panic!("seed {seed}, turn {turn}: {at} is not as it was\n{text}");
            }
            assert_eq!(
                logged.global("seen").i64(),
                seen,
                "seed {seed}, turn {turn}"
            );
            plain.write(0, &now);
            for name in ["seen", "__stack_pointer"] {
                plain.set_global(name, logged.global(name));
            }
        }
    }
    if std::env::var("SEED").is_err() {
        assert!(
            traps > 500 && ended > 300,
            "{traps} turns trapped, {ended} ended well"
        );
    }
}

#[test]
fn two_writes_near_each_other_are_undone_wherever_granules_end() {
    const SPAN: i32 = 300;
    let mut text = String::from("(module (memory (export \"memory\") 2)\n");
    for (name, second) in [
        ("4", "i32.store"),
        ("16", "v128.store"),
        ("1", "i32.store8"),
    ] {
        for distance in 0..2 * SPAN {
            let value = if name == "16" {
                "(i32x4.splat (i32.const -1))"
            } else {
                "(i32.const -1)"
            };
            text += &format!(
                "(func (export \"{name} {distance}\") (param i32) (i32.store offset={SPAN} (local.get 0) (i32.const -1))
                 ({second} offset={distance} (local.get 0) {value}))\n"
            );
        }
    }
    text.push(')');
    let (changed, _) = undo_log(&wat::parse_str(&text).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    // What is undone is not what was there at first.
    let image: Vec<u8> = (0..PAGE).map(|byte| byte as u8 | 1).collect();
    run.call(NOTE, &[0, PAGE as i32]).unwrap();
    run.write(0, &image);
    run.commit();
    for name in ["4", "16", "1"] {
        for distance in 0..2 * SPAN {
            let function = format!("{name} {distance}");
            for offset in (0..8).chain(112..144).chain(880..912).chain(1008..1024) {
                // The first write begins so many bytes behind where a granule begins.
                let address = 4096 + offset - SPAN;
                run.call(&function, &[address]).unwrap();
                run.call(ROLLBACK, &[]).unwrap();
            }
            assert!(run.memory(PAGE) == image, "{function}");
        }
    }
}

#[test]
fn what_is_above_the_frame_of_a_function_is_undone() {
    let mut text = String::from(
        "(module (memory (export \"memory\") 3) (global $__stack_pointer (mut i32) (i32.const 65536))\n",
    );
    for offset in 0..48 {
        text += &format!(
            "(func (export \"{offset}\") (local $frame i32)
             (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
             (i64.store offset={offset} (local.get $frame) (i64.const -1))
             (memory.fill (i32.add (local.get $frame) (i32.const {offset})) (i32.const 7) (i32.const 8))
             (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16))))\n"
        );
    }
    text.push(')');
    let (changed, _) = undo_log(&wat::parse_str(&text).unwrap()).unwrap();
    for offset in 0..48 {
        let mut run = Running::new(&changed);
        run.call(&offset.to_string(), &[]).unwrap();
        run.call(ROLLBACK, &[]).unwrap();
        assert!(
            run.memory(2 * PAGE)[PAGE..] == [0; PAGE],
            "{offset} above where the frame begins"
        );
    }
}

#[test]
fn what_reaches_from_old_memory_into_new_is_undone() {
    let module = "(module (memory (export \"memory\") 1)
        (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export \"across\") (param i32)
            (i32.store (local.get 0) (i32.const -1))
            (drop (memory.grow (i32.const 1)))
            (i32.store offset=60 (local.get 0) (i32.const -1))
            (i64.store offset=1 (local.get 0) (i64.const -1))))";
    let mut run = Running::new(&undo_log(&wat::parse_str(module).unwrap()).unwrap().0);
    let from = run.call("grow", &[1]).unwrap().unwrap();
    run.commit();
    for before in [4, 5, 8, 64, 100] {
        run.call("across", &[(from + 1) * PAGE as i32 - before])
            .unwrap();
        run.call(ROLLBACK, &[]).unwrap();
        let again = run.call("grow", &[1]).unwrap();
        assert_eq!(again, Some(from + 1));
        let start = from as usize * PAGE;
        assert!(
            run.memory(start + 2 * PAGE)[start..] == [0; 2 * PAGE],
            "{before} bytes before the end"
        );
        run.call(ROLLBACK, &[]).unwrap();
    }
}

#[test]
fn what_reaches_from_new_memory_into_old_is_undone() {
    let module = "(module (memory (export \"memory\") 1)
        (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export \"back\") (param i32)
            (i32.store offset=128 (local.get 0) (i32.const -1))
            (i32.store offset=100 (local.get 0) (i32.const -1)))
        (func (export \"on\") (param i32)
            (i32.store (local.get 0) (i32.const -1))
            (i32.store offset=60 (local.get 0) (i32.const -1))))";
    let mut run = Running::new(&undo_log(&wat::parse_str(module).unwrap()).unwrap().0);
    // A turn that is undone has written where the next ones are given their pages.
    let from = run.call("grow", &[3]).unwrap().unwrap() as usize;
    for page in [from, from + 1, from + 2] {
        run.call("back", &[(page * PAGE - 128) as i32]).unwrap();
    }
    run.call(ROLLBACK, &[]).unwrap();
    for page in [from, from + 1] {
        assert_eq!(run.call("grow", &[1]).unwrap(), Some(page as i32));
        run.call(NOTE, &[(page * PAGE) as i32, PAGE as i32])
            .unwrap();
        run.write(page * PAGE, &[7; PAGE]);
        run.commit();
        let next = run.call("grow", &[1]).unwrap().unwrap() as usize;
        run.call("back", &[(next * PAGE - 128) as i32]).unwrap();
        // And from one granule of it into the next, neither of which is the first.
        run.call("on", &[(next * PAGE + 2044) as i32]).unwrap();
        run.call(ROLLBACK, &[]).unwrap();
        let memory = run.memory((next + 1) * PAGE);
        assert!(memory[page * PAGE..next * PAGE] == [7; PAGE]);
        assert!(memory[next * PAGE..] == [0; PAGE]);
    }
}

#[test]
fn what_a_turn_writes_in_new_memory_takes_no_room_in_the_log() {
    let (changed, layout) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    for ends in [ROLLBACK, COMMIT] {
        let from = run.call("grow", &[40]).unwrap().unwrap() as usize;
        for granule in 0..40 * 64 {
            run.call("i32", &[(from * PAGE + granule * 1024) as i32, -1])
                .unwrap();
        }
        run.call(ends, &[]).unwrap();
    }
    assert_eq!(run.pages(), 3 + u64::from(layout.pages) + 40);
}

#[test]
fn what_is_above_the_frames_of_all_callers_is_undone() {
    let mut text = String::from(
        "(module (memory (export \"memory\") 3) (global $__stack_pointer (mut i32) (i32.const 65536))\n",
    );
    // Each is given an address 24 bytes below where the outermost frame ends, one by two ways, and another by a caller who may give any.
    for offset in 0..48 {
        text += &format!(
            "(func (export \"direct {offset}\")
                 (call $write{offset} (i32.const 3) (i32.const 65512)))
             (func (export \"framed {offset}\") (local $frame i32)
                 (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32))))
                 (call $pass{offset} (i32.add (local.get $frame) (i32.const 8)))
                 (call $passed{offset} (i32.add (local.get $frame) (i32.const 4)))
                 (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 32))))
             (func $pass{offset} (param i32) (call $passed{offset} (local.get 0)))
             (func $passed{offset} (param i32) (i64.store offset={offset} (local.get 0) (i64.const -1)))
             (func $write{offset} (param i32 i32) (i64.store offset={offset} (local.get 1) (i64.const -1)))
             (func (export \"any {offset}\") (param i32) (call $given{offset} (local.get 0)))
             (func (export \"framed any {offset}\") (local $frame i32)
                 (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32))))
                 (call $given{offset} (local.get $frame))
                 (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 32))))
             (func $given{offset} (param i32) (i64.store offset={offset} (local.get 0) (i64.const -1)))\n"
        );
    }
    text.push(')');
    let (changed, _) = undo_log(&wat::parse_str(&text).unwrap()).unwrap();
    for offset in 0..48 {
        for (way, args) in [
            ("direct", vec![]),
            ("framed", vec![]),
            ("any", vec![65_528]),
            ("framed any", vec![]),
        ] {
            let mut run = Running::new(&changed);
            run.call(&format!("{way} {offset}"), &args).unwrap();
            run.call(ROLLBACK, &[]).unwrap();
            assert!(run.memory(2 * PAGE)[PAGE..] == [0; PAGE], "{way}, {offset}");
        }
    }
}
