async function convert(json) {
  const more = await fetch('/rest/api/2/field');
  return JSON.parse(json).issues;
}
