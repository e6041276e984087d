function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    'Issue Key': issue.key,
    'Description': issue.fields.description,
  }));
}
