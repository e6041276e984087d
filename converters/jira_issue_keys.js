function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    'Issue Key': issue.key,
    'Summary': issue.fields.summary,
    'Created': issue.fields.created,
  }));
}
