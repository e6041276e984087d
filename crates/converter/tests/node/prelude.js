// What programs show values with: types, -0 and NaN are seen in its text. It is written without what turns the optimizations off.
function q(v, depth) {
  if (typeof v === 'string') return '"' + v + '"';
  if (typeof v === 'number') return v === 0 && 1 / v < 0 ? '-0' : String(v);
  if (typeof v === 'bigint') return v + 'n';
  if (typeof v === 'symbol') return 'symbol';
  if (typeof v === 'function') return 'function';
  if (v === null || typeof v !== 'object') return String(v);
  if (depth > 4) return '…';
  const inner = depth === undefined ? 1 : depth + 1;
  if (Array.isArray(v)) {
    let text = '';
    for (let i = 0; i < v.length && i < 50; i++) text += (i > 0 ? ',' : '') + q(v[i], inner);
    return '[' + text + ']';
  }
  if (typeof v.getTime === 'function') return 'Date ' + (isNaN(v.getTime()) ? 'invalid' : v.toISOString());
  if (typeof v.exec === 'function') return 'RegExp ' + v.source + ' ' + v.flags;
  if (typeof v.message === 'string' && typeof v.name === 'string') return v.name;
  if (typeof v.size === 'number' && typeof v.forEach === 'function') return (typeof v.get === 'function' ? 'Map' : 'Set') + q(Array.from(v), inner);
  if (typeof v.then === 'function') return 'Promise';
  let text = '';
  for (const key of Object.keys(v)) text += (text === '' ? '' : ',') + key + ':' + q(v[key], inner);
  return '{' + text + '}';
}
