//! Barriers that can be left out.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// In place of a function of the log: it takes the barrier's number behind its own parameters.
pub(crate) struct Omissible {
    pub(crate) function: u32,
    pub(crate) parameters: u32,
    pub(crate) kind: i32,
    /// The global that says from which address on it is left out, where its first parameter is an address.
    pub(crate) floor: Option<u32>,
    pub(crate) omitted: u32,
    pub(crate) omissions: u32,
    pub(crate) omitted_at: u32,
    /// Whether what it logs is logged by another one.
    pub(crate) calls_another: bool,
    pub(crate) logged: u32,
    pub(crate) after: u32,
    pub(crate) next: u32,
}

impl Omissible {
    pub(crate) fn body(&self) -> Function {
        let number = self.parameters;
        let before = number + 1;
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(number)
            .global_get(self.omitted)
            .i32_eq()
            .i32_const(-1 - self.kind)
            .global_get(self.omitted)
            .i32_eq()
            .i32_or();
        self.push_is_seen(&mut code);
        code.i32_and().if_(BlockType::Empty);
        add_1(&mut code, self.omissions);
        code.local_get(0)
            .global_set(self.omitted_at)
            .return_()
            .end();
        code.global_get(self.logged).local_set(before);
        for parameter in 0..self.parameters {
            code.local_get(parameter);
        }
        code.call(self.function);
        if !self.calls_another {
            add_1(&mut code, self.logged);
        }
        code.global_get(self.logged).local_get(before).i32_ne();
        self.push_is_seen(&mut code);
        code.i32_and()
            .local_get(number)
            .global_get(self.after)
            .i32_gt_s()
            .i32_and()
            .local_get(number)
            .global_get(self.next)
            .i32_lt_s()
            .i32_and()
            .if_(BlockType::Empty)
            .local_get(number)
            .global_set(self.next)
            .end()
            .end();
        function
    }

    fn push_is_seen(&self, code: &mut InstructionSink<'_>) {
        match self.floor {
            Some(floor) => code.local_get(0).global_get(floor).i32_ge_u(),
            None => code.i32_const(1),
        };
    }
}

fn add_1(code: &mut InstructionSink<'_>, global: u32) {
    code.global_get(global)
        .i32_const(1)
        .i32_add()
        .global_set(global);
}
