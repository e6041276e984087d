// DOMException (https://webidl.spec.whatwg.org/#idl-DOMException), which other helpers throw.
(function () {
  'use strict';

  const NAMES = [
    'IndexSizeError', , 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError', , 'NoModificationAllowedError',
    'NotFoundError', 'NotSupportedError', 'InUseAttributeError', 'InvalidStateError', 'SyntaxError', 'InvalidModificationError',
    'NamespaceError', 'InvalidAccessError', , 'TypeMismatchError', 'SecurityError', 'NetworkError', 'AbortError',
    'URLMismatchError', 'QuotaExceededError', 'TimeoutError', 'InvalidNodeTypeError', 'DataCloneError',
  ];

  class DOMException extends Error {
    #name;
    constructor(message = '', name = 'Error') {
      super(message);
      this.#name = String(name);
    }
    get name() { return this.#name; }
    get code() { return NAMES.indexOf(this.#name) + 1; }
    get [Symbol.toStringTag]() { return 'DOMException'; }
  }
  return { DOMException };
})
