/** @type {Convert} */
function convert(json, metadata) {
  return JSON.parse(json).map(issue => ({
    Number: issue.iid,
    Title: issue.title,
    State: issue.state,
    Author: issue.author?.username,
    Labels: issue.labels,
    Created: new Date(issue.created_at),
    Closed: issue.closed_at && new Date(issue.closed_at),
  }));
}
