//! Which encoding of exception handling the code uses: read from its instructions, since neither a tag nor a `throw`
//! tells them apart.

use wasmparser::{FunctionBody, Operator};

use crate::{Error, Exceptions};

impl Exceptions {
    /// Reads one function body to its end and adds what it uses.
    pub(crate) fn read_body(&mut self, body: &FunctionBody<'_>) -> Result<(), Error> {
        for local in body.get_locals_reader()? {
            local?;
        }
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let offset = operators.original_position();
            match operators.read()? {
                Operator::Try { .. }
                | Operator::Catch { .. }
                | Operator::CatchAll
                | Operator::Delegate { .. }
                | Operator::Rethrow { .. } => self.add(Exceptions::Legacy, offset)?,
                Operator::TryTable { .. } | Operator::ThrowRef => {
                    self.add(Exceptions::Exnref, offset)?;
                }
                _ => {}
            }
        }
        operators.finish()?;
        Ok(())
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
