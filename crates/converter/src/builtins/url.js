// URL and URLSearchParams (https://url.spec.whatwg.org); parsing is native.
(function (native) {
  'use strict';

  const decode = text => {
    try {
      return decodeURIComponent(text.replace(/\+/g, ' '));
    } catch {
      return native.percentDecode(text.replace(/\+/g, ' '));
    }
  };
  const encode = text =>
    encodeURIComponent(text.toWellFormed()).replace(/%20/g, '+').replace(/[!'()~]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());

  const invalid = (input, base) =>
    Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input }, base === undefined ? {} : { base });

  class URLSearchParams {
    #pairs = [];
    #changed = () => {};

    constructor(init = '') {
      if (init !== null && typeof init === 'object') {
        if (typeof init[Symbol.iterator] === 'function') {
          for (const pair of init) {
            const [name, value, ...more] = pair;
            if (more.length || pair.length === 1) throw new TypeError('each pair needs a name and a value');
            this.#pairs.push([String(name), String(value)]);
          }
        } else {
          for (const name of Object.keys(init)) this.#pairs.push([name, String(init[name])]);
        }
      } else {
        this.#read(String(init));
      }
    }

    static link(params, text, changed) {
      params.#read(text);
      params.#changed = changed;
      return params;
    }

    static read(params, text) {
      params.#read(text);
    }

    #read(text) {
      this.#pairs = text.replace(/^\?/, '').split('&').filter(Boolean).map(part => {
        const at = part.indexOf('=');
        return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
      });
    }

    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed(); }
    delete(name, value) {
      this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
      this.#changed();
    }
    get(name) { return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v); }
    has(name, value) { return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value))); }
    set(name, value) {
      const at = this.#pairs.findIndex(([n]) => n === String(name));
      if (at < 0) {
        this.#pairs.push([String(name), String(value)]);
      } else {
        this.#pairs[at][1] = String(value);
        this.#pairs = this.#pairs.filter(([n], index) => n !== String(name) || index === at);
      }
      this.#changed();
    }
    sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
    forEach(visit, self) { for (const [name, value] of this.#pairs) visit.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    toString() { return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'); }
    get [Symbol.toStringTag]() { return 'URLSearchParams'; }
  }
  const { link, read } = URLSearchParams;
  delete URLSearchParams.link;
  delete URLSearchParams.read;
  Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
    value: URLSearchParams.prototype.entries, writable: true, configurable: true,
  });

  class URL {
    #parts;
    #params;

    constructor(url, base) {
      this.#parts = native.parse(String(url), base === undefined ? undefined : String(base));
      if (!this.#parts) throw invalid(String(url), base === undefined ? undefined : String(base));
    }

    static canParse(url, base) { return native.parse(String(url), base === undefined ? undefined : String(base)) !== undefined; }
    static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }

    #set(part, value, from) {
      const parts = native.set(this.#parts.href, part, String(value));
      if (parts) {
        this.#parts = parts;
        if (this.#params && !from) read(this.#params, parts.search);
      }
      return parts !== undefined;
    }

    get href() { return this.#parts.href; }
    set href(value) { if (!this.#set('href', value)) throw invalid(String(value)); }
    get origin() { return this.#parts.origin; }
    get searchParams() {
      this.#params ??= link(new URLSearchParams(), this.#parts.search, () => {
        this.#set('search', this.#params.toString(), this.#params);
      });
      return this.#params;
    }
    toString() { return this.#parts.href; }
    toJSON() { return this.#parts.href; }
    get [Symbol.toStringTag]() { return 'URL'; }

    static {
      for (const part of ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']) {
        Object.defineProperty(URL.prototype, part, {
          get() { return this.#parts[part]; },
          set(value) { this.#set(part, value); },
          enumerable: true, configurable: true,
        });
      }
    }
  }
  return { URL, URLSearchParams };
})
