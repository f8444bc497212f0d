//! The functions that the module is given, and the globals that they keep their state in.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

use super::canaries::Canaries;
use super::layout::{
    UndoLayout, CHUNK_BEFORE, CHUNK_BEHIND, CHUNK_END, CHUNK_MISSING, CHUNK_PAGES, CHUNK_START,
    ENTRY, ENTRY_HEAD, GRANULE, GRANULE_BITS, PAGE, REACH,
};
use super::tables::{Tables, PLACES};

/// A global of the program's that can change, and the one that holds what it was at the last commit.
pub(super) struct Kept {
    pub(super) own: u32,
    pub(super) kept: u32,
    pub(super) ty: ValType,
}

/// Indices of the globals, in the order in which they are added: each a mutable `i32`.
#[derive(Clone, Copy)]
pub(super) struct Globals {
    first: u32,
}

impl Globals {
    /// How many there are.
    pub(super) const COUNT: u32 = 9;

    pub(super) fn starting_at(first: u32) -> Self {
        Globals { first }
    }

    /// Their initial values.
    pub(super) fn initial(layout: &UndoLayout) -> [i32; Self::COUNT as usize] {
        let (end, chunk) = (layout.initial as i32, layout.log as i32);
        let top = chunk + CHUNK_START as i32;
        [top, chunk, end, end, end, end, end, end, end]
    }

    /// Where the next entry of the log goes.
    pub(super) fn top(self) -> u32 {
        self.first
    }
    /// The chunk that it is in.
    fn chunk(self) -> u32 {
        self.first + 1
    }
    /// The page behind the last one that the program has been given.
    pub(super) fn end(self) -> u32 {
        self.first + 2
    }
    /// The same at the last commit.
    fn kept_end(self) -> u32 {
        self.first + 3
    }
    /// How many pages the program has.
    pub(super) fn count(self) -> u32 {
        self.first + 4
    }
    /// The same at the last commit.
    fn kept_count(self) -> u32 {
        self.first + 5
    }
    /// Where the pages begin that the program was given in this turn, as far as they are in one piece with the last.
    fn run(self) -> u32 {
        self.first + 6
    }
    /// Pages that the program was given in a turn that was undone: they are zero, and nobody's. From here …
    pub(super) fn spare(self) -> u32 {
        self.first + 7
    }
    /// … to here.
    pub(super) fn spare_end(self) -> u32 {
        self.first + 8
    }
}

/// Indices of the functions, in the order in which they are added.
#[derive(Clone, Copy)]
pub(super) struct Routines {
    first: u32,
}

impl Routines {
    pub(super) fn starting_at(first: u32) -> Self {
        Routines { first }
    }

    /// `(address)`: logs the granule of an address, which isn't logged yet.
    pub(super) fn log(self) -> u32 {
        self.first
    }
    /// `(address, length)`: logs all granules of a range that aren't logged yet. Nothing where the range isn't in the memory.
    pub(super) fn note(self) -> u32 {
        self.first + 1
    }
    /// `(pages) -> pages`: `memory.grow` as the program sees it.
    pub(super) fn grow(self) -> u32 {
        self.first + 2
    }
    pub(super) fn commit(self) -> u32 {
        self.first + 3
    }
    pub(super) fn roll_back(self) -> u32 {
        self.first + 4
    }
    pub(super) fn save(self) -> u32 {
        self.first + 5
    }
    pub(super) fn load(self) -> u32 {
        self.first + 6
    }

    /// `(start, end, most) -> done`: logs all granules of a range, if it is the program's and has no more bytes than that. Given in 64 bits, and not below 0.
    pub(super) fn range(self) -> u32 {
        self.first + 7
    }

    /// What they take and give.
    pub(super) fn types() -> [(&'static [ValType], &'static [ValType]); 8] {
        use ValType::{I32, I64};
        [
            (&[I32], &[]),
            (&[I32, I32], &[]),
            (&[I32], &[I32]),
            (&[], &[I32]),
            (&[], &[]),
            (&[], &[I32]),
            (&[], &[]),
            (&[I64, I64, I64], &[I32]),
        ]
    }
}

/// The bodies of the functions.
pub(super) struct Bodies<'a> {
    pub(super) layout: &'a UndoLayout,
    pub(super) globals: Globals,
    pub(super) routines: Routines,
    pub(super) kept: &'a [Kept],
    /// How many pages the program may have, as it declares.
    pub(super) maximum: u32,
    /// The global that holds the stack pointer, where it is certain that everything below it is frames.
    pub(super) stack_pointer: Option<u32>,
    /// Where the module has a table that changes.
    pub(super) tables: Option<Tables>,
    pub(super) canaries: Canaries,
    /// Where the stack pointer rests, and everything below it is frames; 0 where that isn't certain.
    pub(super) stack_rest: u32,
}

/// What a load or a store of the module's memory is told. The alignment is given as its binary logarithm.
pub(super) const fn at(offset: u32, align: u32) -> MemArg {
    MemArg {
        offset: offset as u64,
        align,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// The first word of an entry.
pub(super) const WORD: MemArg = at(0, 2);

/// The second.
pub(super) const SECOND: MemArg = at(4, 2);

/// Notes that there is something to commit.
pub(super) fn mark_changed(layout: &UndoLayout, code: &mut InstructionSink<'_>) {
    set_changed(layout, code, 1);
}

fn set_changed(layout: &UndoLayout, code: &mut InstructionSink<'_>, changed: i32) {
    code.i32_const(layout.changed() as i32)
        .i32_const(changed)
        .i32_store(WORD);
}

/// Granules of a page.
const GRANULES_OF_PAGE: i32 = (PAGE / GRANULE) as i32;

/// Where a page begins, of which a global holds the number.
fn push_page(code: &mut InstructionSink<'_>, page: u32) {
    code.global_get(page).i32_const(PAGE as i32).i32_mul();
}

const BEFORE: MemArg = at(CHUNK_BEFORE, 2);

const BEHIND: MemArg = at(CHUNK_BEHIND, 2);

impl Bodies<'_> {
    pub(super) fn all(&self) -> Vec<Function> {
        let mut all = vec![
            self.log(),
            self.note(),
            self.grow(),
            self.commit(),
            self.roll_back(),
            self.save(),
            self.load(),
            self.range(),
        ];
        if let Some(tables) = self.tables {
            all.extend(tables.bodies(self));
        }
        all
    }

    fn log(&self) -> Function {
        let (layout, globals) = (self.layout, self.globals);
        let (address, granule, entry, start, length) = (0, 0, 1, 2, 3);
        let mut function = Function::new([(3, ValType::I32)]);
        let mut code = function.instructions();
        // Not the program's: behind what it has been given, or the log itself. Without a log, this memory would not be there: an access out of bounds.
        code.local_get(address)
            .global_get(globals.end())
            .i32_const(PAGE as i32)
            .i32_mul()
            .i32_ge_u();
        code.local_get(address)
            .i32_const((layout.initial * PAGE) as i32)
            .i32_sub();
        code.i32_const((layout.pages * PAGE) as i32)
            .i32_lt_u()
            .i32_or();
        code.if_(BlockType::Empty)
            .i32_const(-1)
            .i32_load(WORD)
            .drop()
            .end();
        code.local_get(address)
            .i32_const(-(GRANULE as i32))
            .i32_and()
            .local_set(granule);
        // New in this turn, and so is what is before it: it was zero, which the table alone has to remember.
        code.local_get(granule);
        push_page(&mut code, globals.kept_end());
        code.i32_gt_u().if_(BlockType::Empty);
        self.mark_logged(&mut code, granule);
        code.return_().end();
        mark_changed(layout, &mut code);
        self.make_room(&mut code, entry);
        // The very first granule has nothing before it.
        code.local_get(granule)
            .i32_const(REACH as i32)
            .i32_sub()
            .i32_const(0)
            .local_get(granule)
            .select()
            .local_set(start);
        self.push_end(&mut code, granule, length);
        code.local_get(start)
            .i32_sub()
            .i32_const(REACH as i32)
            .local_get(granule)
            .global_get(globals.kept_end())
            .i32_const(PAGE as i32)
            .i32_mul()
            .i32_lt_u()
            .select()
            .local_set(length);
        code.global_get(globals.top())
            .local_tee(entry)
            .local_get(start)
            .i32_store(WORD);
        code.local_get(entry).local_get(length).i32_store(SECOND);
        code.local_get(entry)
            .i32_const(ENTRY_HEAD as i32)
            .i32_add()
            .local_get(start)
            .local_get(length)
            .memory_copy(0, 0);
        self.mark_logged(&mut code, granule);
        code.local_get(entry)
            .i32_const(ENTRY as i32)
            .i32_add()
            .global_set(globals.top())
            .end();
        function
    }

    fn mark_logged(&self, code: &mut InstructionSink<'_>, granule: u32) {
        code.local_get(granule)
            .i32_const(GRANULE_BITS as i32)
            .i32_shr_u()
            .i32_const(1)
            .i32_store8(self.table());
    }

    /// Where what is logged with a granule ends, which is no further than where the memory does. Works with the local `end`.
    fn push_end(&self, code: &mut InstructionSink<'_>, granule: u32, end: u32) {
        code.local_get(granule)
            .i32_const((GRANULE + REACH) as i32)
            .i32_add()
            .local_tee(end);
        code.memory_size(0)
            .i32_const(PAGE as i32)
            .i32_mul()
            .local_get(end);
        code.memory_size(0)
            .i32_const(PAGE as i32)
            .i32_mul()
            .i32_lt_u()
            .select();
    }

    /// Goes on to the next chunk where this one is full. Traps where there is no memory for one: what can't be logged must not be written.
    pub(super) fn make_room(&self, code: &mut InstructionSink<'_>, next: u32) {
        let globals = self.globals;
        code.global_get(globals.top())
            .global_get(globals.chunk())
            .i32_const(CHUNK_END as i32)
            .i32_add()
            .i32_eq();
        code.if_(BlockType::Empty);
        code.global_get(globals.chunk())
            .i32_load(BEHIND)
            .local_tee(next)
            .i32_eqz()
            .if_(BlockType::Empty);
        code.memory_size(0)
            .i32_const((self.layout.most - CHUNK_PAGES) as i32)
            .i32_gt_u();
        code.if_(BlockType::Empty);
        self.trap_without_room(code);
        code.end();
        code.i32_const(CHUNK_PAGES as i32)
            .memory_grow(0)
            .local_tee(next)
            .i32_const(-1)
            .i32_eq();
        code.if_(BlockType::Empty);
        self.trap_without_room(code);
        code.end();
        code.local_get(next)
            .i32_const(PAGE as i32)
            .i32_mul()
            .local_set(next);
        code.global_get(globals.chunk())
            .local_get(next)
            .i32_store(BEHIND);
        code.local_get(next)
            .global_get(globals.chunk())
            .i32_store(BEFORE)
            .end();
        self.use_chunk(code, next);
        code.end();
    }

    /// And says why, to the host.
    fn trap_without_room(&self, code: &mut InstructionSink<'_>) {
        self.set_missing(code, CHUNK_PAGES * PAGE);
        code.unreachable();
    }

    fn set_missing(&self, code: &mut InstructionSink<'_>, bytes: u32) {
        code.i32_const((self.layout.log + CHUNK_MISSING) as i32)
            .i32_const(bytes as i32)
            .i32_store(WORD);
    }

    /// From its beginning.
    pub(super) fn use_chunk(&self, code: &mut InstructionSink<'_>, chunk: u32) {
        code.local_get(chunk).global_set(self.globals.chunk());
        code.local_get(chunk)
            .i32_const(CHUNK_START as i32)
            .i32_add()
            .global_set(self.globals.top());
    }

    fn note(&self) -> Function {
        let (address, length, last) = (0, 1, 2);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(length)
            .i32_eqz()
            .if_(BlockType::Empty)
            .return_()
            .end();
        code.local_get(address)
            .i64_extend_i32_u()
            .local_get(length)
            .i64_extend_i32_u()
            .i64_add();
        code.memory_size(0)
            .i64_extend_i32_u()
            .i64_const(PAGE.into())
            .i64_mul()
            .i64_gt_u();
        code.if_(BlockType::Empty).return_().end();
        code.local_get(address)
            .local_get(length)
            .i32_add()
            .i32_const(1)
            .i32_sub();
        code.i32_const(GRANULE_BITS as i32)
            .i32_shr_u()
            .local_set(last);
        // From here on, of the granule.
        code.local_get(address)
            .i32_const(GRANULE_BITS as i32)
            .i32_shr_u()
            .local_set(address);
        code.loop_(BlockType::Empty);
        code.local_get(address)
            .i32_load8_u(self.table())
            .i32_eqz()
            .if_(BlockType::Empty);
        code.local_get(address)
            .i32_const(GRANULE_BITS as i32)
            .i32_shl()
            .call(self.routines.log())
            .end();
        code.local_get(address)
            .local_get(last)
            .i32_lt_u()
            .if_(BlockType::Empty);
        code.local_get(address)
            .i32_const(1)
            .i32_add()
            .local_set(address)
            .br(1)
            .end();
        code.end().end();
        function
    }

    fn range(&self) -> Function {
        let (layout, globals) = (self.layout, self.globals);
        let (start, end, most, chunk) = (0, 1, 2, 3);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.block(BlockType::Empty);
        code.local_get(end).local_get(start).i64_sub();
        code.local_get(most).i64_gt_s().br_if(0);
        code.block(BlockType::Empty);
        code.local_get(end);
        code.i64_const(i64::from(layout.initial) * i64::from(PAGE));
        code.i64_le_s().br_if(0);
        // Not in the initial memory: then behind the table and the first chunk, …
        let log_ends = i64::from(layout.initial + layout.pages) * i64::from(PAGE);
        code.local_get(start).i64_const(log_ends).i64_lt_s();
        code.br_if(1);
        // … before what the program has not been given, …
        code.local_get(end).global_get(globals.end());
        code.i64_extend_i32_u().i64_const(PAGE.into()).i64_mul();
        code.i64_gt_s().br_if(1);
        // … and beside each other chunk.
        code.i32_const(layout.log as i32).local_set(chunk);
        code.loop_(BlockType::Empty);
        code.local_get(chunk).i32_load(BEHIND).local_tee(chunk);
        code.i32_eqz().br_if(1);
        code.local_get(end).local_get(chunk).i64_extend_i32_u();
        code.i64_le_s().br_if(0);
        code.local_get(start).local_get(chunk).i64_extend_i32_u();
        code.i64_const((CHUNK_PAGES * PAGE).into()).i64_add();
        code.i64_ge_s().br_if(0);
        code.br(2).end().end();
        code.local_get(start).i32_wrap_i64();
        code.local_get(end).local_get(start).i64_sub();
        code.i32_wrap_i64().call(self.routines.note());
        code.i32_const(1).return_().end();
        code.i32_const(0).end();
        function
    }

    fn grow(&self) -> Function {
        let globals = self.globals;
        let (pages, from, more) = (0, 1, 2);
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(pages)
            .i32_eqz()
            .if_(BlockType::Empty)
            .global_get(globals.end())
            .return_()
            .end();
        code.local_get(pages)
            .i32_const(self.maximum as i32)
            .global_get(globals.count())
            .i32_sub()
            .i32_gt_u();
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        // Spare pages that are neither enough nor at the end of the memory are of no use any more.
        code.global_get(globals.spare())
            .local_get(pages)
            .i32_add()
            .global_get(globals.spare_end())
            .i32_gt_u();
        code.global_get(globals.spare_end())
            .memory_size(0)
            .i32_ne()
            .i32_and();
        code.if_(BlockType::Empty)
            .memory_size(0)
            .global_set(globals.spare());
        code.memory_size(0).global_set(globals.spare_end()).end();
        // What they lack is grown.
        code.global_get(globals.spare())
            .local_tee(from)
            .local_get(pages)
            .i32_add()
            .local_tee(more);
        code.global_get(globals.spare_end())
            .i32_gt_u()
            .if_(BlockType::Empty);
        code.local_get(more)
            .i32_const(self.layout.most as i32)
            .i32_gt_u();
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        code.local_get(more)
            .global_get(globals.spare_end())
            .i32_sub()
            .memory_grow(0)
            .i32_const(-1)
            .i32_eq();
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        code.local_get(more).global_set(globals.spare_end()).end();
        mark_changed(self.layout, &mut code);
        code.local_get(more).global_set(globals.spare());
        code.local_get(from).global_get(globals.end()).i32_ne();
        code.if_(BlockType::Empty)
            .local_get(from)
            .global_set(globals.run())
            .end();
        code.local_get(more).global_set(globals.end());
        code.global_get(globals.count())
            .local_get(pages)
            .i32_add()
            .global_set(globals.count());
        code.local_get(from).end();
        function
    }

    fn commit(&self) -> Function {
        let damage = 0;
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        self.canaries.push_damage(self.layout, &mut code);
        code.local_tee(damage).if_(BlockType::Empty);
        code.local_get(damage).return_().end();
        self.canaries.put_back_pointer(&mut code);
        self.each_entry(&mut code, |_| {});
        if let Some(tables) = self.tables {
            tables.forget(&mut code);
        }
        for &Kept { own, kept, .. } in self.kept {
            code.global_get(own).global_set(kept);
        }
        self.forget_new(&mut code);
        self.keep_pages(&mut code);
        code.i32_const(0).end();
        function
    }

    /// The table says nothing any more of pages that the program was given in this turn.
    fn forget_new(&self, code: &mut InstructionSink<'_>) {
        let (kept_end, end) = (self.globals.kept_end(), self.globals.end());
        code.global_get(kept_end).global_get(end).i32_ne();
        code.if_(BlockType::Empty);
        self.push_place(code, kept_end);
        code.i32_const(0);
        code.global_get(end).global_get(kept_end).i32_sub();
        code.i32_const(GRANULES_OF_PAGE)
            .i32_mul()
            .memory_fill(0)
            .end();
    }

    /// Where in the table the granules of a page begin.
    fn push_place(&self, code: &mut InstructionSink<'_>, page: u32) {
        code.global_get(page).i32_const(GRANULES_OF_PAGE).i32_mul();
        code.i32_const(self.layout.table as i32).i32_add();
    }

    /// Makes zero again what was written in pages that are spare from now on: each granule that the table knows, with what is close to it.
    fn clear_new(&self, code: &mut InstructionSink<'_>, [place, from, end]: [u32; 3]) {
        let globals = self.globals;
        self.push_place(code, globals.run());
        code.local_set(place);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(place);
        self.push_place(code, globals.end());
        code.i32_ge_u().br_if(1);
        code.local_get(place).i64_load(at(0, 0)).i64_eqz();
        code.if_(BlockType::Empty)
            .local_get(place)
            .i32_const(8)
            .i32_add()
            .local_set(place)
            .br(1)
            .end();
        code.local_get(place).i32_load8_u(at(0, 0));
        code.if_(BlockType::Empty);
        code.local_get(place).i32_const(self.layout.table as i32);
        code.i32_sub().i32_const(GRANULE_BITS as i32).i32_shl();
        code.local_tee(end).i32_const(REACH as i32).i32_sub();
        code.local_tee(from);
        push_page(code, globals.run());
        code.local_get(from);
        push_page(code, globals.run());
        code.i32_gt_u().select().local_tee(from);
        code.i32_const(0);
        code.local_get(end).i32_const((GRANULE + REACH) as i32);
        code.i32_add().local_tee(end);
        push_page(code, globals.end());
        code.local_get(end);
        push_page(code, globals.end());
        code.i32_lt_u().select();
        code.local_get(from).i32_sub().memory_fill(0).end();
        code.local_get(place).i32_const(1).i32_add();
        code.local_set(place).br(0).end().end();
    }

    /// The pages that the program has are those to go back to.
    pub(super) fn keep_pages(&self, code: &mut InstructionSink<'_>) {
        let globals = self.globals;
        code.global_get(globals.end())
            .global_set(globals.kept_end());
        code.global_get(globals.count())
            .global_set(globals.kept_count());
        code.global_get(globals.end()).global_set(globals.run());
    }

    fn roll_back(&self) -> Function {
        let globals = self.globals;
        let (entry, granule, from, end) = (0, 1, 2, 3);
        let mut function = Function::new([(4, ValType::I32)]);
        let mut code = function.instructions();
        self.each_entry(&mut code, |code| {
            if let Some(tables) = self.tables {
                code.local_get(entry).i32_load(WORD);
                code.i32_const(PLACES).i32_eq().if_(BlockType::Empty);
                tables.undo(code, [entry, granule, end]);
                code.else_();
            }
            code.local_get(entry).i32_load(WORD);
            code.local_get(entry).i32_const(ENTRY_HEAD as i32).i32_add();
            code.local_get(entry).i32_load(SECOND).memory_copy(0, 0);
            // What was not copied was not there, or it was new: it was zero.
            code.local_get(entry)
                .i32_load(WORD)
                .local_get(entry)
                .i32_load(SECOND)
                .i32_add()
                .local_set(from);
            code.local_get(entry)
                .i32_load(WORD)
                .i32_const(REACH as i32)
                .i32_add()
                .i32_const(-(GRANULE as i32))
                .i32_and()
                .local_set(granule);
            self.push_end(code, granule, end);
            code.local_tee(end)
                .local_get(from)
                .i32_gt_u()
                .if_(BlockType::Empty);
            code.local_get(from)
                .i32_const(0)
                .local_get(end)
                .local_get(from)
                .i32_sub()
                .memory_fill(0)
                .end();
            if self.tables.is_some() {
                code.end();
            }
        });
        self.set_missing(&mut code, 0);
        self.clear_new(&mut code, [entry, from, end]);
        self.forget_new(&mut code);
        if let Some(tables) = self.tables {
            tables.undone(&mut code);
        }
        if let Some(stack_pointer) = self.stack_pointer {
            self.clear_frames(&mut code, stack_pointer);
        }
        self.canaries.mend(&mut code);
        for &Kept { own, kept, .. } in self.kept {
            code.global_get(kept).global_set(own);
        }
        // What the program was given in this turn is spare, with what was spare behind it.
        code.global_get(globals.end())
            .global_get(globals.kept_end())
            .i32_ne();
        code.if_(BlockType::Empty)
            .global_get(globals.run())
            .global_set(globals.spare())
            .end();
        code.global_get(globals.kept_end())
            .global_set(globals.end());
        code.global_get(globals.kept_count())
            .global_set(globals.count());
        code.global_get(globals.end())
            .global_set(globals.run())
            .end();
        function
    }

    /// What the turn has left in its frames is of no use, and who looks for what Rust has said last must not find it there.
    fn clear_frames(&self, code: &mut InstructionSink<'_>, stack_pointer: u32) {
        let Some(&Kept { own, kept, .. }) = self.kept.iter().find(|kept| kept.own == stack_pointer)
        else {
            return;
        };
        code.global_get(own).global_get(kept).i32_lt_u();
        code.if_(BlockType::Empty)
            .global_get(own)
            .i32_const(0)
            .global_get(kept)
            .global_get(own)
            .i32_sub()
            .memory_fill(0)
            .end();
    }

    /// Does something with each entry, the youngest first, and forgets them. The entry's address is in local 0.
    fn each_entry(
        &self,
        code: &mut InstructionSink<'_>,
        each: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let globals = self.globals;
        let entry = 0;
        code.global_get(globals.top()).local_set(entry);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(entry)
            .global_get(globals.chunk())
            .i32_const(CHUNK_START as i32)
            .i32_add()
            .i32_eq();
        code.if_(BlockType::Empty);
        code.global_get(globals.chunk())
            .i32_const(self.layout.log as i32)
            .i32_eq()
            .br_if(2);
        // Chunks come in the order of their growth. One that says otherwise is damaged, and must not be followed without an end.
        code.global_get(globals.chunk())
            .i32_load(BEFORE)
            .local_tee(entry)
            .global_get(globals.chunk())
            .i32_ge_u();
        code.if_(BlockType::Empty).unreachable().end();
        code.local_get(entry).global_set(globals.chunk());
        code.global_get(globals.chunk())
            .i32_const(CHUNK_END as i32)
            .i32_add()
            .local_set(entry)
            .end();
        code.local_get(entry)
            .i32_const(ENTRY as i32)
            .i32_sub()
            .local_set(entry);
        each(code);
        // Of the first granule, which has nothing before it, this is the number, too. (Of places of a table it is one that doesn't matter: all are
        // forgotten.)
        code.local_get(entry)
            .i32_load(WORD)
            .i32_const(REACH as i32)
            .i32_add()
            .i32_const(GRANULE_BITS as i32)
            .i32_shr_u();
        code.i32_const(0).i32_store8(self.table());
        code.br(0).end().end();
        code.i32_const(self.layout.log as i32).local_set(entry);
        self.use_chunk(code, entry);
        set_changed(self.layout, code, 0);
    }

    fn table(&self) -> MemArg {
        at(self.layout.table, 0)
    }
}
