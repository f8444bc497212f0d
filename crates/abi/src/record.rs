//! Memory that JavaScript reads after a trap.
//!
//! It is made of words that are stored one by one, each store volatile: the compiler doesn't know that anyone reads them.

use core::sync::atomic::{AtomicU32, Ordering};

/// `WORDS` little-endian words. Offsets are in bytes, and multiples of 4.
pub(crate) struct Record<const WORDS: usize>([AtomicU32; WORDS]);

impl<const WORDS: usize> Record<WORDS> {
    /// Zeros, but for the words at the front.
    pub(crate) const fn new<const N: usize>(front: [u32; N]) -> Self {
        let mut words = [const { AtomicU32::new(0) }; WORDS];
        let mut index = 0;
        while index < N {
            words[index] = AtomicU32::new(front[index]);
            index += 1;
        }
        Record(words)
    }

    #[inline]
    pub(crate) fn get(&self, offset: usize) -> u32 {
        self.0[offset / 4].load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn put(&self, offset: usize, value: u32) {
        store(&self.0[offset / 4], value);
    }

    /// Puts as many bytes as there is room for, up to the end of a character; then how many they are.
    pub(crate) fn put_text(
        &self,
        text: &str,
        offset: usize,
        capacity: usize,
        length_offset: usize,
    ) {
        let whole = text.as_bytes().get(..fitting(text, capacity));
        self.put_bytes(whole.unwrap_or_default(), offset, length_offset);
    }

    /// Puts bytes, as many as there is room for; then how many they are.
    pub(crate) fn put_bytes(&self, bytes: &[u8], offset: usize, length_offset: usize) {
        if let Some(words) = self.0.get(offset / 4..) {
            put_bytes(words, bytes);
            self.put(length_offset, bytes.len() as u32);
        }
    }

    /// A copy, as JavaScript sees it.
    pub(crate) fn copy_to(&self, bytes: &mut [u8]) {
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(&self.0) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
    }
}

// Called by everything that writes text: what it is inlined into would be as long, each.
#[inline(never)]
fn put_bytes(words: &[AtomicU32], bytes: &[u8]) {
    for (word, chunk) in words.iter().zip(bytes.chunks(4)) {
        let little_endian = chunk.iter().rev();
        store(
            word,
            little_endian.fold(0, |word, &byte| word << 8 | u32::from(byte)),
        );
    }
}

#[inline]
fn store(word: &AtomicU32, value: u32) {
    #[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
    // SAFETY: the pointer comes from a live, aligned `AtomicU32`. Without the `atomics` feature a wasm32 instance
    // has one thread, so no other access can race with this one. A relaxed atomic store would do the same
    // there, but isn't kept apart from its neighbours by the code generator as a volatile one is.
    unsafe {
        word.as_ptr().write_volatile(value);
    }
    #[cfg(not(all(target_arch = "wasm32", not(target_feature = "atomics"))))]
    word.store(value, Ordering::Relaxed);
}

/// How many bytes of a text fit, up to the end of a character.
#[inline]
pub(crate) fn fitting(text: &str, capacity: usize) -> usize {
    let mut length = text.len();
    if length > capacity {
        length = capacity;
        while !text.is_char_boundary(length) {
            length -= 1;
        }
    }
    length
}
