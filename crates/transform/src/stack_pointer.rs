//! Which global holds the shadow stack's pointer.

use crate::{MutableGlobal, StackPointer, StackPointerSource};

pub(crate) fn stack_pointer(globals: &[MutableGlobal]) -> Option<StackPointer> {
    const NAME: Option<&str> = Some("__stack_pointer");
    let named = globals
        .iter()
        .find(|global| global.name.as_deref() == NAME || global.exported_as.as_deref() == NAME);
    let placed = || {
        globals
            .iter()
            .find(|global| global.ty == "i32" && !global.imported && global.exported_as.is_none())
    };
    match named {
        Some(global) => Some((global, StackPointerSource::Name)),
        None => placed().map(|global| (global, StackPointerSource::Position)),
    }
    .map(|(global, source)| StackPointer {
        global: global.index,
        source,
    })
}
