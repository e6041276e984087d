function convert(json) {
  const { issues } = JSON.parse(json), rows = [];
  for (const { key, fields } of issues) {
    for (const label of fields.labels) rows.push({ key, label });
  }
  return rows;
}
