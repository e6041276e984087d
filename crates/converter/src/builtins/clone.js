// structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html) of what the language itself has.
(function () {
  'use strict';

  const refuse = what => {
    throw Object.assign(new Error(`${what} cannot be cloned`), { name: 'DataCloneError' });
  };
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  function structuredClone(value) {
    if (arguments.length === 0) throw new TypeError('structuredClone needs a value');
    const known = new Map();
    const remember = (original, copy) => (known.set(original, copy), copy);
    const properties = (from, to) => {
      for (const key of Object.keys(from)) {
        Object.defineProperty(to, key, { value: clone(from[key]), writable: true, enumerable: true, configurable: true });
      }
      return to;
    };
    const clone = value => {
      if (typeof value === 'function') refuse(`the function ${value.name || '(anonymous)'}`);
      if (typeof value === 'symbol') refuse(String(value));
      if (typeof value !== 'object' || value === null) return value;
      if (known.has(value)) return known.get(value);
      if (Array.isArray(value)) return properties(value, remember(value, new Array(value.length)));
      switch (Object.prototype.toString.call(value)) {
        case '[object Date]': return remember(value, new Date(value.getTime()));
        case '[object RegExp]': return remember(value, new RegExp(value.source, value.flags));
        case '[object Boolean]': case '[object Number]': case '[object String]': case '[object BigInt]':
          return remember(value, Object(value.valueOf()));
        case '[object Symbol]': return refuse('a symbol');
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
      for (const [type, name] of [[Promise, 'a promise'], [WeakMap, 'a WeakMap'], [WeakSet, 'a WeakSet'], [WeakRef, 'a WeakRef']]) {
        if (value instanceof type) refuse(name);
      }
      return properties(value, remember(value, {}));
    };
    return clone(value);
  }
  return { structuredClone };
})
