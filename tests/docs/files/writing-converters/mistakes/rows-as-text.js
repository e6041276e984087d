function convert(json) {
  const rows = JSON.parse(json).issues;
  return JSON.stringify(rows);
}
