//! What the host needs to copy the whole state of an instance, and to put it back: what isn't in the memory that it sees.
//!
//! [`SAVE`](super::SAVE) writes that down where the log's entries go, for the log is empty while no turn is running. The host copies it with the
//! memory, and writes both back before [`LOAD`](super::LOAD). In bytes from where it begins, little endian:
//!
//! ```text
//!  0  where the program's initial memory ends       4  where the pages begin that it has grown
//!  8  where the program's memory ends              12  how many pages the program has
//! 16  how many bytes at address 0 are of no use     20  how many elements the table of references has for the program
//! 24  how many chunks the log has besides the first, as far as pages of the program's are behind them
//! 28  how many globals can change                   32  bytes of a chunk
//! 48  the globals, 16 bytes each; then the addresses of those chunks
//! ```

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::layout::{CHUNK_BEFORE, CHUNK_BEHIND, CHUNK_PAGES, CHUNK_START, GRANULE, PAGE};
use super::routines::{at, Bodies};

const END: u32 = 8;
const COUNT: u32 = 12;
const TABLE: u32 = 20;
const CHUNKS: u32 = 24;
const GLOBALS: u32 = 48;

/// Bytes of a global.
const SLOT: u32 = 16;

impl Bodies<'_> {
    /// Where in the memory it is.
    fn record(&self) -> u32 {
        self.layout.log + CHUNK_START
    }

    fn slot(&self, nth: usize) -> u32 {
        self.record() + GLOBALS + nth as u32 * SLOT
    }

    /// Where the addresses of chunks begin.
    fn chunks(&self) -> u32 {
        self.slot(self.kept.len())
    }

    /// Where pages begin that the program has grown.
    fn grown(&self) -> u32 {
        (self.layout.initial + self.layout.pages) * PAGE
    }

    /// Gives where it is; 0 where a global that can change holds a reference.
    pub(super) fn save(&self) -> Function {
        let (chunk, count) = (0, 1);
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        if self.kept.iter().any(|kept| store(kept.ty).is_none()) {
            code.i32_const(0).end();
            return function;
        }
        let record = self.record();
        // Entries of the log were here.
        code.i32_const(record as i32).i32_const(0);
        code.i32_const((self.chunks() - record) as i32)
            .memory_fill(0);
        let constants = [
            (0, self.layout.initial * PAGE),
            (4, self.grown()),
            (16, self.stack_rest),
            (28, self.kept.len() as u32),
            (32, CHUNK_PAGES * PAGE),
        ];
        for (offset, value) in constants {
            code.i32_const(0).i32_const(value as i32);
            code.i32_store(at(record + offset, 2));
        }
        code.i32_const(0).global_get(self.globals.end());
        code.i32_const(PAGE as i32).i32_mul();
        code.i32_store(at(record + END, 2));
        code.i32_const(0).global_get(self.globals.count());
        code.i32_store(at(record + COUNT, 2));
        if let Some(tables) = self.tables {
            code.i32_const(0);
            tables.push_size(&mut code);
            code.i32_store(at(record + TABLE, 2));
        }
        for (nth, kept) in self.kept.iter().enumerate() {
            code.i32_const(0).global_get(kept.own);
            if let Some((store, _)) = store(kept.ty) {
                store(&mut code, self.slot(nth));
            }
        }
        code.i32_const(self.layout.log as i32).local_set(chunk);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(chunk).i32_load(at(CHUNK_BEHIND, 2));
        code.local_tee(chunk).i32_eqz().br_if(1);
        code.local_get(chunk);
        code.i32_const(0).i32_load(at(record + END, 2));
        code.i32_ge_u().br_if(1);
        code.local_get(count).i32_const(2).i32_shl();
        code.local_get(chunk).i32_store(at(self.chunks(), 2));
        code.local_get(count).i32_const(1).i32_add();
        code.local_set(count).br(0).end().end();
        code.i32_const(0).local_get(count);
        code.i32_store(at(record + CHUNKS, 2));
        code.i32_const(record as i32).end();
        function
    }

    /// The memory has been put back. Makes all else as it was, with an empty log, and lets the program have what is behind again.
    pub(super) fn load(&self) -> Function {
        let globals = self.globals;
        let (chunk, next, nth, free) = (0, 1, 2, 3);
        let mut function = Function::new([(4, ValType::I32)]);
        let mut code = function.instructions();
        let record = self.record();
        for (place, kept) in self.kept.iter().enumerate() {
            if let Some((_, load)) = store(kept.ty) {
                code.i32_const(0);
                load(&mut code, self.slot(place));
                code.global_set(kept.own);
                code.global_get(kept.own).global_set(kept.kept);
            }
        }
        code.i32_const(0).i32_load(at(record + END, 2));
        code.i32_const(PAGE as i32).i32_div_u();
        code.global_set(globals.end());
        code.i32_const(0).i32_load(at(record + COUNT, 2));
        code.global_set(globals.count());
        self.keep_pages(&mut code);
        // The chunks that have pages of the program's behind them. What is behind those is free.
        code.i32_const(self.layout.log as i32).local_set(chunk);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(nth);
        code.i32_const(0).i32_load(at(record + CHUNKS, 2));
        code.i32_eq().br_if(1);
        code.local_get(nth).i32_const(2).i32_shl();
        code.i32_load(at(self.chunks(), 2)).local_set(next);
        code.local_get(chunk).local_get(next);
        code.i32_store(at(CHUNK_BEHIND, 2));
        code.local_get(next).local_get(chunk);
        code.i32_store(at(CHUNK_BEFORE, 2));
        code.local_get(next).local_set(chunk);
        code.local_get(nth).i32_const(1).i32_add().local_set(nth);
        code.br(0).end().end();
        code.local_get(chunk).i32_const(0);
        code.i32_store(at(CHUNK_BEHIND, 2));
        self.push_free(&mut code, free);
        code.local_tee(free).i32_const(PAGE as i32).i32_div_u();
        code.global_set(globals.spare());
        code.memory_size(0).global_set(globals.spare_end());
        code.local_get(free).i32_const(0);
        code.memory_size(0).i32_const(PAGE as i32).i32_mul();
        code.local_get(free).i32_sub().memory_fill(0);
        if let Some(tables) = self.tables {
            tables.forget(&mut code);
            code.i32_const(0).i32_load(at(record + TABLE, 2));
            tables.pop_size(&mut code);
        }
        // Whatever the log says is of a turn that never was.
        let table = self.layout.most * (PAGE / GRANULE);
        code.i32_const(self.layout.table as i32).i32_const(0);
        code.i32_const(table as i32).memory_fill(0);
        code.i32_const(self.layout.log as i32).local_set(chunk);
        self.use_chunk(&mut code, chunk);
        code.i32_const(0).i32_const(0);
        code.i32_store(at(self.layout.log + CHUNK_BEFORE, 2));
        self.canaries.mend(&mut code);
        code.end();
        function
    }

    /// Where the program's memory ends, or the log's first pages where that is further. (They are behind the initial ones.)
    fn push_free(&self, code: &mut InstructionSink<'_>, end: u32) {
        code.global_get(self.globals.end()).i32_const(PAGE as i32);
        code.i32_mul().local_tee(end);
        code.i32_const(self.grown() as i32);
        code.local_get(end).i32_const(self.grown() as i32);
        code.i32_gt_u().select();
    }
}

type Emit = fn(&mut InstructionSink<'_>, u32);

/// How a global's value gets to the memory, and back. None of a reference, which can't.
fn store(ty: ValType) -> Option<(Emit, Emit)> {
    macro_rules! by {
        ($store:ident, $load:ident) => {
            Some((
                |code, address| {
                    code.$store(at(address, 0));
                },
                |code, address| {
                    code.$load(at(address, 0));
                },
            ))
        };
    }
    match ty {
        ValType::I32 => by!(i32_store, i32_load),
        ValType::I64 => by!(i64_store, i64_load),
        ValType::F32 => by!(f32_store, f32_load),
        ValType::F64 => by!(f64_store, f64_load),
        ValType::V128 => by!(v128_store, v128_load),
        ValType::Ref(_) => None,
    }
}
