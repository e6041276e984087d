//! Uploads that are given up when somebody wants their run to end.

use std::{cell::RefCell, pin::Pin};

type Ended = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static END: RefCell<Option<Box<dyn Fn() -> Ended>>> = const { RefCell::new(None) };
}

/// Does what may take long on this thread. When `end` is over, large uploads within it are given up before they are complete; what is
/// small, such as a manifest, is sent to its end, so that its outcome is known.
pub fn unless_ended<T, F>(end: impl Fn() -> F + 'static, work: impl FnOnce() -> T) -> T
where
    F: Future<Output = ()> + 'static,
{
    /// Also where the work panics.
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            END.with_borrow_mut(|known| *known = None);
        }
    }
    let _reset = Reset;
    END.with_borrow_mut(|known| *known = Some(Box::new(move || Box::pin(end()))));
    work()
}

/// Over when somebody wants this thread's work to end; never, where nobody can.
pub(crate) async fn ended() {
    match END.with_borrow(|known| known.as_ref().map(|end| end())) {
        Some(ended) => ended.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_that_of_the_work_alone() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let is_ended = || {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = ended() => true,
                    () = std::future::ready(()) => false,
                }
            })
        };
        assert!(!is_ended());
        assert!(unless_ended(|| std::future::ready(()), is_ended));
        assert!(!unless_ended(std::future::pending::<()>, is_ended));
        assert!(!is_ended());
    }
}
