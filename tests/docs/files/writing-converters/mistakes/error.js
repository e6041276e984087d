function convert(json) {
  const parsed = JSON.parse(json);

  return parsed['issues'].map(issue => ({
    'Issue Key': issue.key,
  }));
}
