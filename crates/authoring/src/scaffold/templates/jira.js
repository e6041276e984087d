/** @type {Convert} */
function convert(json, metadata) {
  return JSON.parse(json).issues.map(issue => ({
    'Issue Key': issue.key,
    Summary: issue.fields.summary,
    Status: issue.fields.status.name,
    Assignee: issue.fields.assignee?.displayName,
    Created: new Date(issue.fields.created),
  }));
}
