// Random pages: `{ "items": [records] }`, whose records may lack members or have others in their place.

import { below, chance, many, pick } from './random.mjs';

const TEXTS = ['', 'a', 'b', '5', '10', 'x y', 'Ann', 'é', '😀', 'A-1', '2024-01-31T10:00:00.000+0000', 'a/b?c=d&e=f#g', '<p>', 'eA==', 'null', 'line\nbreak', '"quoted"', 'a\\b'];
const NUMBERS = [0, 1, 2, 3, -1, 0.5, 10, 42, 255, 1e21, 1234.5, 9007199254740991, 1e-7];

/** Three pages and more, of three records and more each; small ones have exactly three. */
export function pages({ small = false } = {}) {
  const shape = pick(['regular', 'regular', 'gaps', 'types']);
  const most = small ? 3 : 4;
  return many(3, most, page => JSON.stringify({ items: many(3, most, record => item(shape, page * 10 + record)), total: 9 }));
}

function item(shape, id) {
  const record = {
    id,
    n: pick(NUMBERS),
    s: pick(TEXTS),
    b: chance(0.5),
    o: { p: pick(NUMBERS), q: pick(TEXTS) },
    a: many(0, 3, () => (chance(0.7) ? pick(NUMBERS) : pick(TEXTS))),
    key: `A-${id}`,
    created: pick(['2024-01-31T10:00:00.000+0000', '2023-12-31T23:59:59Z', '2015-11-21T07:03:02.000-0500', '2024-02-29']),
    owner: chance(0.7) ? { name: pick(['Ann', 'Bob', 'Cy']), team: { lead: chance(0.5), tags: many(0, 2, () => pick(TEXTS)) } } : null,
    list: many(1, 3, n => ({ k: n, v: pick(TEXTS), w: { x: pick(NUMBERS) } })),
  };
  if (shape === 'gaps') {
    for (const name of Object.keys(record)) if (name !== 'id' && chance(0.15)) delete record[name];
    if (chance(0.5)) return Object.fromEntries(Object.entries(record).reverse());
  }
  if (shape === 'types') {
    const name = pick(['n', 's', 'b', 'o', 'a', 'owner']);
    record[name] = pick([null, true, 7, '7', [], {}, ['x'], { p: null }, -0.5, 'text']);
  }
  if (chance(0.2)) record[pick(['extra', 'toString', 'length', '__proto__x', '0', 'constructor'])] = below(5);
  return record;
}
