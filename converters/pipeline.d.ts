// What converters of `pipeline` can use, for editors: names are completed and mistakes are marked as you type.
//
//   /** @type {Convert} */
//   function convert(json, metadata) { … }
//
// `jsconfig.json` beside this file tells editors to check scripts, and that there is neither a browser nor node here.

/** A value in a table. `null` and `undefined` are null; arrays become lists and objects structs. */
type Cell = string | number | bigint | boolean | Date | null | undefined | Cell[] | { [member: string]: Cell };

/** A row: column name to value. */
type Row = { [column: string]: Cell };

/** What `convert` may return: rows, one row, or none. */
type Rows = Iterable<Row> | Row | null | undefined | void;

/** Makes rows of one page. It is called once per page, each time in a fresh scope. */
type Convert = (json: string, metadata: Metadata) => Rows | Promise<Rows>;

/** What is known about the page besides its content. */
interface Metadata {
  /** The name of the table. */
  readonly queryName: string;
  /** The query parameters as they were sent; of a name given twice, the last. */
  readonly queryParameters: { readonly [name: string]: string };
  /** The query parameters as they stand in the pipeline. */
  readonly originalQueryParameters: { readonly [name: string]: string };
  /** Which page of its query this is, from 1. */
  readonly page: number;
  /** Where the page was asked for, without credentials. */
  readonly url: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The headers of the answer: names in lower case, values of a repeated name joined with `, `. */
  readonly headers: { readonly [name: string]: string };
  /** The id of the run. */
  readonly run: string;
}

/** Lines in the log of the run, with the page they are about; at most 1,000 per page. */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  debug(...values: unknown[]): void;
};

declare namespace PocketQuery {
  /** A date as text, in UTC, with the tokens of moment.js: `formatDate(issue.created, 'YYYY-MM-DD')`. */
  function formatDate(date: string | number | Date, format?: string): string;
}

/** The plain text of an Atlassian document, which version 3 of Jira's API has in place of text; text stays as it is. */
declare function adfToText(document: unknown): string | null;

/** The same as Markdown. */
declare function adfToMarkdown(document: unknown): string | null;

/** A deep copy of what the language itself has: objects, arrays, dates, maps, sets. */
declare function structuredClone<T>(value: T): T;

/** Base64 of text whose characters are bytes; encode others with `TextEncoder` first. */
declare function btoa(text: string): string;

/** The opposite of `btoa`. */
declare function atob(base64: string): string;

/** Text to UTF-8. */
declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(text?: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

/** UTF-8 to text. */
declare class TextDecoder {
  constructor(label?: 'utf-8' | 'utf8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}

/** The parameters of a URL, in order. */
declare class URLSearchParams {
  constructor(init?: string | Iterable<[string, string]> | { [name: string]: string });
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(visit: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

/** The parts of an address. */
declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly searchParams: URLSearchParams;
  toString(): string;
  toJSON(): string;
}
