function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    Assignee: issue.fields.assignee.displayName,
  }));
}
