//! What a program does where its state has been restored in another instance.

use std::boxed::Box;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::thread_local;
use std::vec::Vec;

type Hook = Box<dyn FnMut()>;

thread_local! {
    // Note: never dropped. Else the first look at it would register that, and change the state of a program that has no hooks.
    static HOOKS: Cell<ManuallyDrop<Vec<Hook>>> = const { Cell::new(ManuallyDrop::new(Vec::new())) };
}

/// Has `hook` run whenever the state of this instance was restored from bytes (`__revive.restore()`), before anything else
/// of the program's runs with it. Call it in the start function, say: what is registered belongs to the state, and is
/// restored with it.
///
/// It is for what must not be the same in two processes that begin with the same bytes, random numbers above all. A
/// generator that keeps its state in memory would repeat itself: seed it anew.
///
/// ```
/// use std::cell::Cell;
///
/// thread_local! {
///     // In a real module that of a generator: `fastrand`, or a `SmallRng` in a static.
///     static SEED: Cell<u64> = const { Cell::new(1) };
/// }
/// # fn entropy() -> u64 { 4 }
///
/// // With the crate fastrand: `on_restore(|| fastrand::seed(entropy()))`, with entropy from `getrandom`.
/// wasm_revive_reinit_manager::on_restore(|| SEED.set(entropy()));
/// ```
///
/// The hooks run in the order in which they were registered, in one turn. Where one panics or aborts, that turn is undone:
/// the state is as it was restored, and `restore()` throws why. One that registers a hook has it run from the next time on.
pub fn on_restore(hook: impl FnMut() + 'static) {
    let mut hooks = HOOKS.take();
    hooks.push(Box::new(hook));
    HOOKS.set(hooks);
}

/// Runs them.
#[cfg(any(test, target_arch = "wasm32"))]
fn run() {
    // What they register is not run yet.
    let mut hooks = HOOKS.take();
    for hook in hooks.iter_mut() {
        hook();
    }
    hooks.extend(ManuallyDrop::into_inner(HOOKS.take()));
    HOOKS.set(hooks);
}

#[cfg(target_arch = "wasm32")]
#[export_name = "__wasm_revive_restored"]
extern "C-unwind" fn restored() {
    run();
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn hooks_run_in_order_and_those_that_they_register_from_the_next_time_on() {
        let ran = Rc::new(RefCell::new(Vec::new()));
        let (first, second) = (Rc::clone(&ran), Rc::clone(&ran));
        on_restore(move || {
            first.borrow_mut().push(1);
            let third = Rc::clone(&first);
            on_restore(move || third.borrow_mut().push(3));
        });
        on_restore(move || second.borrow_mut().push(2));
        run();
        assert_eq!(*ran.borrow(), [1, 2]);
        run();
        assert_eq!(*ran.borrow(), [1, 2, 1, 2, 3]);
        assert_eq!(HOOKS.take().len(), 4);
    }
}
