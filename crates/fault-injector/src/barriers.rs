//! Barriers that can be left out.

use wasm_encoder::{BlockType, Function};

/// In place of a function of the log: it takes the barrier's number behind its own parameters.
pub(crate) struct Omissible {
    pub(crate) function: u32,
    pub(crate) parameters: u32,
    pub(crate) kind: i32,
    pub(crate) omitted: u32,
    pub(crate) omissions: u32,
}

impl Omissible {
    pub(crate) fn body(&self) -> Function {
        let number = self.parameters;
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.local_get(number)
            .global_get(self.omitted)
            .i32_eq()
            .i32_const(-1 - self.kind)
            .global_get(self.omitted)
            .i32_eq()
            .i32_or()
            .if_(BlockType::Empty)
            .global_get(self.omissions)
            .i32_const(1)
            .i32_add()
            .global_set(self.omissions)
            .else_();
        for parameter in 0..self.parameters {
            code.local_get(parameter);
        }
        code.call(self.function).end().end();
        function
    }
}
