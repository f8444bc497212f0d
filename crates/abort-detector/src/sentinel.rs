//! The allocator wrapper.

use std::alloc::{GlobalAlloc, Layout};

use wasm_revive_abi::black_box;

use crate::record_failed_allocation;

/// A global allocator that passes everything on to another one and writes down what couldn't be allocated.
///
/// Nothing is written, and nothing else is done, while memory is there.
///
/// A failed allocation need not be the end: `Vec::try_reserve` hands it to its caller. So what is written down is taken
/// back by the next allocation that succeeds: Rust's way from a failure to its abort makes none.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sentinel<A>(A);

impl<A> Sentinel<A> {
    /// Watches over `allocator`.
    pub const fn new(allocator: A) -> Self {
        Sentinel(allocator)
    }
}

// SAFETY: every call is passed on unchanged to an allocator that keeps the contract of `GlobalAlloc`, and what it
// returns is returned unchanged. In between, the black box is written: that neither allocates, nor panics, nor unwinds.
// Note: never inlined, as the calls of Rust's default allocator aren't. A global allocator of one's own otherwise is, into
// every place that frees memory (*measured*: 20 KiB in a module of 180).
unsafe impl<A: GlobalAlloc> GlobalAlloc for Sentinel<A> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the same function.
        watch(unsafe { self.0.alloc(layout) }, layout.size(), layout)
    }

    #[inline(never)]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        watch(
            unsafe { self.0.alloc_zeroed(layout) },
            layout.size(),
            layout,
        )
    }

    #[inline(never)]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        watch(
            unsafe { self.0.realloc(pointer, layout, size) },
            size,
            layout,
        )
    }
}

#[inline]
fn watch(pointer: *mut u8, size: usize, layout: Layout) -> *mut u8 {
    if pointer.is_null() {
        record_failed_allocation(size, layout.align());
    } else {
        black_box().forget_failed_allocation();
    }
    pointer
}
