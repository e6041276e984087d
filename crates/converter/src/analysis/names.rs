//! Names of the language that the proofs know.

/// Globals that a script with partial objects may mention; none of them looks at the members of an object, or it is
/// guarded. Whatever is not in the list may.
pub(super) const KNOWN_GLOBALS: [&str; 44] = [
    "AggregateError",
    "Array",
    "BigInt",
    "Boolean",
    "Date",
    "Error",
    "EvalError",
    "Infinity",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "RangeError",
    "ReferenceError",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint8Array",
    "Int8Array",
    "Uint16Array",
    "Int16Array",
    "Uint32Array",
    "Int32Array",
    "Float64Array",
    "WeakMap",
    "WeakSet",
    "arguments",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
];

/// All other globals: a script that has a variable of that name somewhere may mean the global elsewhere.
const OTHER_GLOBALS: [&str; 30] = [
    "ArrayBuffer",
    "BigInt64Array",
    "BigUint64Array",
    "DataView",
    "FinalizationRegistry",
    "Float32Array",
    "Function",
    "Intl",
    "PocketQuery",
    "Proxy",
    "Reflect",
    "SharedArrayBuffer",
    "TextDecoder",
    "TextEncoder",
    "TypedArray",
    "URL",
    "URLSearchParams",
    "Uint8ClampedArray",
    "WeakRef",
    "adfToMarkdown",
    "adfToText",
    "DOMException",
    "atob",
    "btoa",
    "console",
    "escape",
    "eval",
    "globalThis",
    "structuredClone",
    "unescape",
];

/// Of these, the ones that may be passed around: as functions they change nothing, and nothing hangs off them.
pub(super) const PLAIN_GLOBALS: [&str; 14] = [
    "Boolean",
    "Infinity",
    "NaN",
    "Number",
    "String",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
];

/// Properties that lead to what all pages share, or change any object given to them.
pub(super) const SHARED: [&str; 21] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "apply",
    "assign",
    "bind",
    "call",
    "callee",
    "caller",
    "constructor",
    "defineProperties",
    "defineProperty",
    "getOwnPropertyDescriptor",
    "getOwnPropertyDescriptors",
    "getPrototypeOf",
    "preventExtensions",
    "prototype",
    "seal",
    "setPrototypeOf",
];

/// Methods that change the object they are called for; so do all that begin with `set`.
const MUTATORS: [&str; 17] = [
    "add",
    "clear",
    "compile",
    "copyWithin",
    "delete",
    "fill",
    "freeze",
    "getOrInsert",
    "getOrInsertComputed",
    "next",
    "pop",
    "push",
    "reverse",
    "shift",
    "sort",
    "splice",
    "unshift",
];

/// Methods whose result is a new array, map, set or object.
const MAKERS: [&str; 12] = [
    "concat", "entries", "filter", "flat", "flatMap", "keys", "map", "match", "slice", "split", "toSorted",
    "values",
];

/// Members of objects given to them that methods of the language call without naming them in the script: those of sets
/// are called with elements of other sets.
const CALLED_BY_BUILTINS: [&str; 2] = ["has", "keys"];

/// Which arguments a method of this name calls, if any.
pub(super) fn callbacks(name: &str) -> Option<&'static [usize]> {
    Some(match name {
        "catch" | "every" | "filter" | "finally" | "find" | "findIndex" | "findLast" | "findLastIndex"
        | "flatMap" | "forEach" | "map" | "reduce" | "reduceRight" | "some" | "sort" | "toSorted" | "try" => {
            &[0]
        }
        "from"
        | "fromAsync"
        | "getOrInsertComputed"
        | "groupBy"
        | "parse"
        | "replace"
        | "replaceAll"
        | "stringify" => &[1],
        "then" => &[0, 1],
        _ => return None,
    })
}

pub(super) fn is_called_by_builtins(name: &str) -> bool {
    CALLED_BY_BUILTINS.contains(&name)
}

pub(super) fn is_mutator(name: &str) -> bool {
    let is_setter = name.strip_prefix("set").is_some_and(|rest| !rest.starts_with(char::is_lowercase));
    MUTATORS.contains(&name) || is_setter
}

pub(super) fn is_maker(name: &str) -> bool {
    MAKERS.contains(&name) || is_static_maker(name)
}

/// Makers by their owner only: `Iterator.from(iterator)` is that iterator.
pub(super) fn is_static_maker(name: &str) -> bool {
    ["from", "fromEntries", "of", "parse"].contains(&name)
}

pub(super) fn is_other_global(name: &str) -> bool {
    OTHER_GLOBALS.contains(&name)
}

/// Constructors whose objects are new and hold nothing of anybody else's.
pub(super) fn is_container(name: &str) -> bool {
    ["Array", "Date", "Map", "Object", "Set"].contains(&name)
}

/// Functions of the language whose results are texts, numbers or booleans.
pub(super) fn is_conversion(name: &str) -> bool {
    PLAIN_GLOBALS.contains(&name)
}
