// TextEncoder, TextDecoder (https://encoding.spec.whatwg.org, UTF-8 alone), atob and btoa (https://infra.spec.whatwg.org).
(function (native) {
  'use strict';

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const invalid = () => native.exception('Invalid character', 'InvalidCharacterError');

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return native.encode(String(text)); }
    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const character of String(text)) {
        const bytes = native.encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  // How many bytes at the end begin a character that may still be finished.
  function unfinished(bytes) {
    for (let n = 1; n <= 3 && n <= bytes.length; n++) {
      const first = bytes[bytes.length - n], second = bytes[bytes.length - n + 1];
      if (first >= 0x80 && first < 0xc0) continue;
      const length = first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      return length > n && (n === 1 || (second >= least && second <= most)) ? n : 0;
    }
    return 0;
  }

  class TextDecoder {
    #fatal;
    #ignoreBOM;
    #rest = new Uint8Array();
    #hasBegun = false;
    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(utf-?8|un[i]code-1-1-utf-8)\s*$/i.test(label)) {
        throw new RangeError(`TextDecoder knows utf-8 alone, not "${label}"`);
      }
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }
    get encoding() { return 'utf-8'; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(input, options) {
      let bytes = input === undefined ? new Uint8Array() : ArrayBuffer.isView(input)
        ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
        : new Uint8Array(input);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      const isStream = Boolean(options?.stream);
      const end = bytes.length - (isStream ? unfinished(bytes) : 0);
      const hasBegun = this.#hasBegun;
      const text = native.decode(bytes.subarray(0, end), this.#fatal);
      this.#rest = isStream && text !== undefined ? bytes.slice(end) : new Uint8Array();
      this.#hasBegun = isStream && (hasBegun || Boolean(text));
      if (text === undefined) throw new TypeError('the bytes are not UTF-8');
      return !this.#ignoreBOM && !hasBegun && text.startsWith('\ufeff') ? text.slice(1) : text;
    }
  }

  function btoa(text) {
    text = String(text);
    if (/[^\0-\xff]/.test(text)) throw invalid();
    const out = [];
    for (let at = 0; at < text.length; at += 3) {
      const n = (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2);
      const left = text.length - at;
      out.push(
        ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63] +
        (left > 1 ? ALPHABET[(n >> 6) & 63] : '=') + (left > 2 ? ALPHABET[n & 63] : '='),
      );
    }
    return out.join('');
  }

  function atob(text) {
    text = String(text).replace(/[\t\n\f\r ]/g, '');
    if (text.length % 4 === 0) text = text.replace(/==?$/, '');
    if (/[^A-Za-z0-9+/]/.test(text)) throw invalid();
    if (text.length % 4 === 1) throw native.exception('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
    const out = [];
    let bits = 0, n = 0;
    for (const character of text) {
      n = ((n << 6) | ALPHABET.indexOf(character)) & 0xffffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        out.push(String.fromCharCode((n >> bits) & 255));
      }
    }
    return out.join('');
  }

  return { TextEncoder, TextDecoder, atob, btoa };
})
