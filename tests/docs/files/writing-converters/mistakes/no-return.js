function convert(json) {
  JSON.parse(json).issues.map(issue => ({ Key: issue.key }));
}
