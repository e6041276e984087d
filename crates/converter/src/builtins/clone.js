// structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html) of what the language itself has.
(function (native) {
  'use strict';

  const refuse = what => {
    throw native.exception(`${what} could not be cloned.`, 'DataCloneError');
  };
  const wrong = (message, code) => Object.assign(new TypeError(message), { code });
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  function structuredClone(value, options) {
    if (arguments.length === 0) throw wrong('The value argument must be specified', 'ERR_MISSING_ARGS');
    if (options !== undefined && options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw wrong('The options argument must be either an object or undefined', 'ERR_INVALID_ARG_TYPE');
    }
    const known = new Map();
    const remember = (original, copy) => (known.set(original, copy), copy);
    const properties = (from, to) => {
      for (const key of Object.keys(from)) {
        const value = clone(from[key]);
        // A setter of the prototype's would take it, `__proto__` is one.
        if (key in to) Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
        else to[key] = value;
      }
      return to;
    };
    const clone = value => {
      if (typeof value === 'function') refuse(String(value));
      if (typeof value === 'symbol') refuse(String(value));
      if (typeof value !== 'object' || value === null) return value;
      if (known.has(value)) return known.get(value);
      if (Array.isArray(value)) return properties(value, remember(value, new Array(value.length)));
      switch (Object.prototype.toString.call(value)) {
        case '[object Date]': return remember(value, new Date(value.getTime()));
        case '[object RegExp]': return remember(value, new RegExp(value.source, value.flags));
        case '[object Boolean]': case '[object Number]': case '[object String]': case '[object BigInt]':
          return remember(value, Object(value.valueOf()));
        case '[object Symbol]': return refuse('#<Symbol>');
        case '[object Object]':
          if (Object.getPrototypeOf(value) === Object.prototype) return properties(value, remember(value, {}));
      }
      if (value instanceof Map) {
        const copy = remember(value, new Map());
        for (const [key, item] of [...value]) copy.set(clone(key), clone(item));
        return copy;
      }
      if (value instanceof Set) {
        const copy = remember(value, new Set());
        for (const item of [...value]) copy.add(clone(item));
        return copy;
      }
      if (value instanceof ArrayBuffer) return remember(value, value.slice(0));
      if (ArrayBuffer.isView(value)) {
        const buffer = clone(value.buffer);
        const length = value instanceof DataView ? value.byteLength : value.length;
        return remember(value, new value.constructor(buffer, value.byteOffset, length));
      }
      if (value instanceof Error) {
        const copy = remember(value, new (ERRORS[value.name] ?? Error)(value.message));
        if ('cause' in value) Object.defineProperty(copy, 'cause', { value: clone(value.cause), writable: true, configurable: true });
        return copy;
      }
      for (const [type, name] of [[Promise, '#<Promise>'], [WeakMap, '#<WeakMap>'], [WeakSet, '#<WeakSet>'], [WeakRef, '#<WeakRef>']]) {
        if (value instanceof type) refuse(name);
      }
      return properties(value, remember(value, {}));
    };
    return clone(value);
  }
  return { structuredClone };
})
