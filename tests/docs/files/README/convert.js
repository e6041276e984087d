function convert(json, metadata) {
  return JSON.parse(json).issues.map(issue => ({
    key: metadata.page === 2 ? issue.nothing.key : issue.key,
  }));
}
