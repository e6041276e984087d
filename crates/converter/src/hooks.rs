//! What the engine asks its host.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{
    Context, JsError, JsResult, JsString,
    builtins::promise::{OperationType, Promise, PromiseState},
    context::HostHooks,
    object::{JsObject, builtins::JsPromise},
    realm::Realm,
};

use crate::json::Json;

/// The host of one context.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    /// Promises that were rejected while nothing waited for them.
    rejected: RefCell<Vec<JsObject<Promise>>>,
}

impl Hooks {
    pub(crate) fn new() -> Rc<Self> {
        Rc::default()
    }

    /// Takes the error of a promise that nothing has handled.
    ///
    /// Without it, a throw in `items.forEach(async item => …)` would lose rows silently.
    pub(crate) fn take_unhandled(&self) -> Option<JsError> {
        let promise = self.rejected.borrow_mut().drain(..).next()?;
        match JsPromise::from_object(promise.upcast()).ok()?.state() {
            PromiseState::Rejected(reason) => Some(JsError::from_opaque(reason)),
            _ => None,
        }
    }
}

impl HostHooks for Hooks {
    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        _: &mut Context,
    ) {
        let mut rejected = self.rejected.borrow_mut();
        match operation {
            OperationType::Reject => rejected.push(promise.clone()),
            OperationType::Handle => rejected.retain(|known| !JsObject::equals(known, promise)),
        }
    }

    /// Code that is made at run time has not been looked at.
    fn ensure_can_compile_strings(
        &self,
        _: Realm,
        _: &[JsString],
        _: &JsString,
        _: bool,
        context: &mut Context,
    ) -> JsResult<()> {
        let json = Json::of(context)?;
        if json.is_partial() { Err(json.stop()) } else { Ok(()) }
    }

    /// Local time is UTC: the same page must give the same rows on every machine.
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        0
    }
}
