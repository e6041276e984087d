function convert(json) {
  return json.issues.map(issue => ({ key: issue.key }));
}
