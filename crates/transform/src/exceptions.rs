//! Which encoding of exception handling the code uses: read from its instructions, since neither a tag nor a `throw`
//! tells them apart.

use wasmparser::Operator;

use crate::{Error, Exceptions};

impl Exceptions {
    /// Adds what an instruction at `offset` uses.
    pub(crate) fn note(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        match operator {
            Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Rethrow { .. } => self.add(Exceptions::Legacy, offset),
            Operator::TryTable { .. } | Operator::ThrowRef => self.add(Exceptions::Exnref, offset),
            _ => Ok(()),
        }
    }

    fn add(&mut self, used: Exceptions, offset: u64) -> Result<(), Error> {
        if *self != Exceptions::None && *self != used {
            // Engines refuse such a module too (V8: "module uses a mix of legacy and new exception handling").
            return Err(Error::new(
                "the module mixes legacy and exnref exception handling",
                offset,
            ));
        }
        *self = used;
        Ok(())
    }
}
