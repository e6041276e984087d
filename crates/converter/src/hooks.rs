//! What the engine asks its host.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{
    Context, JsError, JsNativeError, JsResult, JsString,
    builtins::promise::{OperationType, Promise, PromiseState},
    context::HostHooks,
    object::{JsObject, builtins::JsPromise},
    realm::Realm,
};

use crate::{json::Json, refused::refused, rewrite, syntax::Goal};

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

    /// Code that is made at run time has not been looked at: where the engine would compute it wrongly, it is refused.
    fn ensure_can_compile_strings(
        &self,
        _: Realm,
        parameters: &[JsString],
        body: &JsString,
        _: bool,
        context: &mut Context,
    ) -> JsResult<()> {
        let json = Json::of(context)?;
        if json.is_partial() {
            return Err(json.stop());
        }
        let body = body.to_std_string_lossy();
        let parameters: Vec<_> = parameters.iter().map(JsString::to_std_string_lossy).collect();
        let text = match parameters.is_empty() {
            true => body,
            false => format!("(function ({}\n) {{\n{body}\n}})", parameters.join(",")),
        };
        let why = match rewrite::rewrite(&text, Goal::Script) {
            // What is no JavaScript the engine refuses.
            Err(refusal) if refusal.is_syntax => return Ok(()),
            Err(refusal) if refusal.message.starts_with("syntax error: ") => {
                let message = refusal.message.trim_start_matches("syntax error: ").to_owned();
                return Err(JsNativeError::syntax().with_message(message).into());
            }
            Err(refusal) => refusal.message,
            Ok(code) if code.is_needed => "it has a form that only works in the converter's own text".into(),
            Ok(_) => return Ok(()),
        };
        let message = format!("code that is made at run time cannot be run: {why}; write it as a function");
        Err(refused(JsNativeError::eval().with_message(message)))
    }

    /// Local time is UTC: the same page must give the same rows on every machine.
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        0
    }
}
