//! What converters do not do as node does: errors that a script cannot catch.
//!
//! A script that caught one would go on where node has no error, and give other rows without a word.

use std::error::Error;

use boa_engine::{
    JsError, JsNativeError,
    error::{EngineError, PanicError},
};

/// Tells such an error from those that the engine has about itself.
const REFUSED: &str = "converters do not do this";

/// The error in a form that no `catch` gets.
pub(crate) fn refused(error: JsNativeError) -> JsError {
    PanicError::new(REFUSED).with_source(error).into()
}

/// The error that was refused.
pub(crate) fn of(error: &JsError) -> Option<&JsNativeError> {
    let EngineError::Panic(panic) = error.as_engine()? else { return None };
    let cause = Some(panic).filter(|panic| panic.message() == REFUSED)?.source()?;
    let boxed = cause.downcast_ref::<Box<JsError>>().map(|boxed| &**boxed);
    boxed.or_else(|| cause.downcast_ref())?.as_native()
}
