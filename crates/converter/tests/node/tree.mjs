// Programs as trees whose parts can be taken out or put in each other's place, so that a failing one can be shrunk.
//
// A node is an expression, a statement, or a list whose items can be dropped. Its parts are texts and nodes.

class Node {
  constructor(kind, parts, separator = '') {
    Object.assign(this, { kind, parts, separator });
  }

  toString() {
    return this.parts.filter(part => part !== null).join(this.separator);
  }
}

const template = kind => (texts, ...values) => {
  const parts = [];
  texts.forEach((text, index) => {
    if (text !== '') parts.push(text);
    if (index < values.length) parts.push(part(values[index]));
  });
  return new Node(kind, parts);
};

const part = value => {
  if (Array.isArray(value)) return new Node('list', value.map(part), ' ');
  return value instanceof Node ? value : String(value);
};

/** An expression, `E`${left} + ${right}``; it can be replaced by another one, so it needs brackets where an operand does. */
export const E = template('expression');

/** A statement; it can be left out. */
export const S = template('statement');

/** Something that is neither: its nodes can shrink, and it cannot. */
export const T = template('text');

/** Items between separators, each of which can be left out. */
export const list = (items, separator = ', ') => new Node('list', items.map(part), separator);

const SIMPLE = ['0', '1', "'a'", 'undefined'];

/** All nodes within, outermost first, each with a function that puts another in its place. */
function* places(node) {
  for (let index = 0; index < node.parts.length; index++) {
    const child = node.parts[index];
    if (!(child instanceof Node)) continue;
    yield { child, parent: node, index };
    yield* places(child);
  }
}

/** The nearest nodes of a kind below. */
function* nearest(node, kind) {
  for (const child of node.parts) {
    if (!(child instanceof Node)) continue;
    if (child.kind === kind) yield child;
    else yield* nearest(child, kind);
  }
}

/** What can stand in the place of a node, the shortest first. */
function* replacements(child, parent) {
  if (parent.kind === 'list' && child.kind !== 'expression') yield null;
  if (parent.kind === 'list' && child.kind === 'expression' && parent.separator.includes(',')) yield null;
  if (child.kind === 'statement') {
    if (parent.kind !== 'list') yield new Node('statement', [';']);
    yield* nearest(child, 'statement');
    for (const inner of nearest(child, 'list')) if (inner.separator === ' ') yield inner;
  }
  if (child.kind === 'expression') {
    const text = child.toString();
    if (!SIMPLE.includes(text)) yield* nearest(child, 'expression');
    if (text.length > 3) for (const simple of SIMPLE) yield new Node('expression', [simple]);
  }
}

/** Whether a list's texts, too, can be left out. */
function* withoutTexts(node) {
  if (node.kind !== 'list') return;
  for (let index = 0; index < node.parts.length; index++) {
    if (typeof node.parts[index] === 'string' && node.separator.includes(',')) yield index;
  }
}

/**
 * Smaller trees than this one, each made by one change, the greatest first.
 *
 * The tree is as before once the next one is asked for, or the generator is closed.
 */
export function* smaller(root) {
  const all = [...places(root)].filter(({ child }) => child !== null);
  all.sort((a, b) => b.child.toString().length - a.child.toString().length);
  for (const { child, parent, index } of all) {
    const before = child.toString();
    for (const replacement of replacements(child, parent)) {
      if (replacement !== null && replacement.toString().length >= before.length) continue;
      parent.parts[index] = replacement;
      try {
        yield root.toString();
      } finally {
        parent.parts[index] = child;
      }
    }
    for (const item of withoutTexts(child)) {
      const text = child.parts[item];
      child.parts[item] = null;
      try {
        yield root.toString();
      } finally {
        child.parts[item] = text;
      }
    }
  }
}

/** The same tree with the change that gave the candidate of this number. */
export function change(root, number) {
  const candidates = smaller(root);
  for (let n = 0; n <= number; n++) candidates.next();
  // The generator is not closed, so the change stays.
}
