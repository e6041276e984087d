// What programs in node have in place of the product's helpers: node's own, and for those that node has not, the helpers' own
// scripts, which then show whether the product's engine runs them as node does.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const SOURCES = new URL('../../src/builtins/', import.meta.url);

const script = name => {
  const make = vm.runInThisContext(readFileSync(new URL(name, SOURCES), 'utf8'), { filename: name });
  return make({});
};

const quiet = () => {};

/** The globals of a program's context. */
export const HELPERS = {
  structuredClone, URL, URLSearchParams, TextEncoder, TextDecoder, atob, btoa,
  console: { log: quiet, info: quiet, warn: quiet, error: quiet, debug: quiet },
  ...script('dates.js'),
  ...script('adf.js'),
};
