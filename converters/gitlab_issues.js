function convert(json) {
  return JSON.parse(json).map(issue => ({
    'Number': issue.iid,
    'Title': issue.title,
    'State': issue.state,
    'Author': issue.author ? issue.author.username : null,
    'Labels': issue.labels,
    'Created': new Date(issue.created_at),
  }));
}
