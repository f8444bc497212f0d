//! Numbers and texts that are the same for the same seed.

/// xorshift64*.
pub(crate) struct Random(u64);

const WORDS: [&str; 16] = [
    "alpha", "beta", "gamma", "lorem", "ipsum", "dolor", "sit", "amet", "the", "of", "and", "über",
    "naïve", "x1y2z3", "quick", "fox",
];

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        // Never zero, of which there is no way out.
        Random((u64::from(seed) << 1 | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        #[cfg(feature = "panics")]
        crate::panics::may_panic();
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        (self.next() >> 33) as u32 % end
    }

    pub(crate) fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len() as u32) as usize]
    }

    /// A word of which each character is one byte.
    pub(crate) fn word_of_ascii(&mut self) -> &'static str {
        WORDS[self.below(11) as usize]
    }

    /// So many words.
    pub(crate) fn text(&mut self, words: u32) -> String {
        let mut text = String::new();
        for _ in 0..words {
            text.push_str(self.word());
            text.push(' ');
        }
        text
    }
}

/// FNV-1a, 32 bits.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
