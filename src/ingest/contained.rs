//! Calls into readers of foreign formats, whose panics are contained.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside a call whose panics are contained.
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a call into a reader; what it says of a damaged file, a panic included, becomes text.
///
/// The readers are tested against damaged files, but they are not free of assertions on what a file says, and a hostile
/// file must not end the process nor put a panic's text on standard error.
pub fn contained<T, E: std::fmt::Display>(call: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match caught(call) {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_panic) => Err("the reader gave up on the file's contents".to_owned()),
    }
}

/// Runs a call into a library; a panic becomes the text that it would have shown.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET_HOOK: Once = Once::new();
    QUIET_HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_CONTAINED.get() {
                usual(panic);
            }
        }));
    });
    let was_contained = IS_CONTAINED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_CONTAINED.set(was_contained);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_text() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| panic!("no thread to be had")), Err::<(), _>("no thread to be had".to_owned()));
        assert_eq!(caught(|| panic!("error {}", 11)), Err::<(), _>("error 11".to_owned()));
        let said = contained(|| -> Result<(), String> { panic!("contents of the file") });
        assert_eq!(said, Err("the reader gave up on the file's contents".to_owned()));
    }
}
