// The value of `for_each` is among the query's parameters.
function convert(json, metadata) {
  return JSON.parse(json).worklogs.map(worklog => ({
    'Issue Key': metadata.queryParameters.key,
    'Id': worklog.id,
    'Author': worklog.author ? worklog.author.displayName : null,
    'Started': worklog.started,
    'Seconds': worklog.timeSpentSeconds,
  }));
}
