// `prelude.js` for programs that show nothing but simple values, arrays of them, and errors; the frozen programs are read often.
function q(v) { return typeof v === 'string' ? '"' + v + '"' : Array.isArray(v) ? '[' + v.map(x => q(x)) + ']' : v instanceof Error ? v.name : Object.is(v, -0) ? '-0' : typeof v === 'function' ? 'function' : String(v) }
