// A seed's program: which grammar, the program, its pages.

import { readFileSync } from 'node:fs';
import { columns } from './grammar/columns.mjs';
import { core } from './grammar/core.mjs';
import { helpers } from './grammar/helpers.mjs';
import { locales } from './grammar/locales.mjs';
import { objects } from './grammar/objects.mjs';
import { patterns } from './grammar/patterns.mjs';
import { syntax } from './grammar/syntax.mjs';
import { values } from './grammar/values.mjs';
import { pages } from './pages.mjs';
import { pick, seed } from './random.mjs';

export const GRAMMARS = { core, patterns, objects, values, helpers, columns, syntax, locales };

// `locales` is there for those who ask for it.
const NAMES = ['core', 'core', 'core', 'core', 'patterns', 'patterns', 'objects', 'objects', 'values', 'values', 'helpers', 'columns', 'columns', 'syntax'];

const read = name => readFileSync(new URL(name, import.meta.url), 'utf8').replace(/^\/\/.*\n/gm, '');

/** What shows values, and what does so for most of them, in less code. */
export const PRELUDE = read('prelude.js');
export const SHORT_PRELUDE = read('short_prelude.js');

/** The program of a seed: `{ number, grammar, tree, pages }`. */
export function program(number, grammar) {
  seed(number);
  const name = grammar ?? pick(NAMES);
  const made = GRAMMARS[name]();
  return { number, grammar: name, tree: made, pages: pages() };
}

/** The whole text that is run. */
export const text = tree => `${tree}\n${PRELUDE}`;
