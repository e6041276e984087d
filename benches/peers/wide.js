function convert(json) {
  return JSON.parse(json).issues.map(({ id, key, fields }) => ({
    'Issue Key': key,
    'Description': fields.description,
    'Issue Id': id,
    'Summary': fields.summary,
    'Status': fields.status.name,
    'Status Category': fields.status.statusCategory.name,
    'Issue Type': fields.issuetype.name,
    'Priority': fields.priority.name,
    'Project': fields.project.key,
    'Assignee': fields.assignee?.displayName,
    'Assignee Email': fields.assignee?.emailAddress,
    'Reporter': fields.reporter?.displayName,
    'Created': fields.created,
    'Updated': fields.updated,
    'Due Date': fields.duedate,
    'Resolution': fields.resolution?.name,
    'Labels': fields.labels.join(', '),
    'Components': fields.components.map(component => component.name).join(', '),
    'Time Spent': fields.timespent,
    'Watch Count': fields.watches.watchCount,
  }));
}
