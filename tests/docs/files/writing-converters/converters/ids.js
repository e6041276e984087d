function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    Summary: issue.fields.summary,
  }));
}
