//! The allocator wrapper, natively.

use std::alloc::{alloc_zeroed, Layout, System};

use wasm_revive_abi::{black_box, black_box_offset as offset};
use wasm_revive_abort_detector::Sentinel;

#[global_allocator]
static ALLOCATOR: Sentinel<System> = Sentinel::new(System);

fn failed() -> (u32, u32) {
    let bytes = black_box().to_bytes();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    (
        word(offset::FAILED_ALLOCATION_SIZE),
        word(offset::FAILED_ALLOCATION_ALIGN),
    )
}

#[test]
fn the_allocation_that_failed_is_written_down_and_others_are_not() {
    let mut kept = vec![1_u64; 1000];
    kept.extend(0..5000);
    assert_eq!(kept.len(), 6000);
    assert_eq!(failed(), (0, 0));

    // More than any address space has.
    assert!(Vec::<u64>::new()
        .try_reserve(isize::MAX as usize / 8)
        .is_err());
    assert_eq!(failed(), (u32::MAX, 8));
    assert_eq!(Box::new(kept[999]), Box::new(1));
    assert_eq!(failed().0, 0, "memory was there again");
    assert!(kept.try_reserve(isize::MAX as usize / 8 - 10_000).is_err());
    assert_eq!(failed(), (u32::MAX, 8));
    assert_eq!(Box::new(kept[999]), Box::new(1));

    let zeros = Layout::array::<u16>(isize::MAX as usize / 2).unwrap();
    // SAFETY: it is of a size that is not 0; what it gives is not used.
    assert!(unsafe { alloc_zeroed(zeros) }.is_null());
    assert_eq!(failed(), (u32::MAX, 2));
    assert_eq!(vec![0_u8; 1000].len(), 1000);
    assert_eq!(failed().0, 0, "zeroed memory was there again");
}
