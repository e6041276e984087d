/** @type {Convert} */
function convert(json, metadata) {
  return JSON.parse(json).map(issue => ({
    Number: issue.number,
    Title: issue.title,
    State: issue.state,
    Author: issue.user?.login,
    Labels: issue.labels.map(label => label.name),
    'Is Pull Request': issue.pull_request !== undefined,
    Created: new Date(issue.created_at),
    Closed: issue.closed_at && new Date(issue.closed_at),
  }));
}
