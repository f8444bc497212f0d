//! Where a module can be made to fail.

use wasm_encoder::{BlockType, HeapType, InstructionSink};
use wasmparser::Operator;

use crate::module::Module;

/// What an instruction counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It writes to memory or to a table.
    Store,
    /// It calls a function of the module.
    Call,
    /// It calls an import.
    Import,
}

/// What an instruction of the program's counts as.
pub(crate) fn place(module: &Module, operator: &Operator<'_>) -> Option<Place> {
    use Operator as O;
    Some(match *operator {
        O::I32Store8 { .. }
        | O::I32Store16 { .. }
        | O::I32Store { .. }
        | O::I64Store8 { .. }
        | O::I64Store16 { .. }
        | O::I64Store32 { .. }
        | O::I64Store { .. }
        | O::F32Store { .. }
        | O::F64Store { .. }
        | O::V128Store { .. }
        | O::V128Store8Lane { .. }
        | O::V128Store16Lane { .. }
        | O::V128Store32Lane { .. }
        | O::V128Store64Lane { .. }
        | O::MemoryFill { .. }
        | O::MemoryCopy { .. }
        | O::MemoryInit { .. } => Place::Store,
        O::Call { function_index } | O::ReturnCall { function_index } => {
            if function_index < module.imported_functions {
                Place::Import
            } else if function_index < module.log {
                Place::Call
            } else if module.kinds.contains(&function_index) {
                return None;
            } else {
                // The log grows the memory and writes to tables for the program.
                Place::Store
            }
        }
        O::CallIndirect { .. } | O::ReturnCallIndirect { .. } => Place::Call,
        _ => return None,
    })
}

/// Counts a global down, and traps where it comes to 0, or throws.
///
/// @param throwing the global that says so, and the tag
pub(crate) fn count_down(
    code: &mut InstructionSink<'_>,
    global: u32,
    throwing: Option<(u32, u32)>,
) {
    code.global_get(global)
        .i32_const(1)
        .i32_sub()
        .global_set(global)
        .global_get(global)
        .i32_eqz()
        .if_(BlockType::Empty);
    if let Some((throws, tag)) = throwing {
        code.global_get(throws)
            .if_(BlockType::Empty)
            .ref_null(HeapType::EXTERN)
            .throw(tag)
            .end();
    }
    code.unreachable().end();
}
