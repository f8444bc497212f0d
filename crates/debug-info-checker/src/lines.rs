//! Lines, and functions that were inlined.

use addr2line::Context;

use crate::module::{Module, Reader};
use crate::places::Places;
use crate::Checked;

/// What is known of an instruction: functions with file, line and column, innermost first.
type Frames = Vec<(Option<String>, Option<String>, Option<u32>, Option<u32>)>;

pub(crate) fn compare(
    old: &Module<'_>,
    new: &Module<'_>,
    places: &Places,
    checked: &mut Checked,
) -> Result<(), String> {
    let (old_context, new_context) = (context(old)?, context(new)?);
    let mut of_old = vec![None; old.instructions.len()];
    for &(offset, index) in &places.new {
        let from = old.instructions[index].0;
        if of_old[index].is_none() {
            of_old[index] = Some(frames(&old_context, from)?);
        }
        let here = frames(&new_context, offset)?;
        let Some(expected) = &of_old[index] else {
            continue;
        };
        if *expected != here {
            let what = &old.instructions[index].1;
            return Err(format!(
                "{what:?} at {from:#x} is {expected:?}; at {offset:#x} in the new code, {here:?}"
            ));
        }
        checked.lines += usize::from(here.iter().any(|frame| frame.2.is_some()));
        checked.inlined += usize::from(here.len() > 1);
    }
    Ok(())
}

fn context<'a>(module: &Module<'a>) -> Result<Context<Reader<'a>>, String> {
    Context::from_dwarf(module.dwarf()?).map_err(|error| error.to_string())
}

fn frames(context: &Context<Reader<'_>>, address: u64) -> Result<Frames, String> {
    let found = || -> gimli::Result<Frames> {
        let mut frames = context.find_frames(address).skip_all_loads()?;
        let mut found = Vec::new();
        while let Some(frame) = frames.next()? {
            let name = frame
                .function
                .as_ref()
                .and_then(|name| name.raw_name().ok());
            let at = frame.location;
            found.push((
                name.map(|name| name.into_owned()),
                at.as_ref().and_then(|at| at.file.map(str::to_owned)),
                at.as_ref().and_then(|at| at.line),
                at.as_ref().and_then(|at| at.column),
            ));
        }
        Ok(found)
    };
    found().map_err(|error| error.to_string())
}
