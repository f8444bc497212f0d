//! What lives from one turn to the next.

/// Declares a workload's state, which is made by the first turn.
macro_rules! state {
    ($name:ident: $type:ty = $initial:expr) => {
        std::thread_local! {
            static $name: std::cell::RefCell<$type> = std::cell::RefCell::new($initial);
        }
    };
}

pub(crate) use state;
