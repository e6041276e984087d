// GitHub lists pull requests among the issues; those have `pull_request`.
function convert(json) {
  return JSON.parse(json).map(issue => ({
    'Number': issue.number,
    'Title': issue.title,
    'State': issue.state,
    'Author': issue.user ? issue.user.login : null,
    'Labels': issue.labels.map(label => label.name),
    'Is Pull Request': issue.pull_request !== undefined,
    'Created': new Date(issue.created_at),
    'Closed': issue.closed_at ? new Date(issue.closed_at) : null,
  }));
}
