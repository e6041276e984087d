"""The two jobs for scripts in Python: name and value of each column."""


def of(thing, name):
    return thing.get(name) if thing else None


NARROW = [
    ("Issue Key", lambda issue, fields: issue["key"]),
    ("Description", lambda issue, fields: fields["description"]),
]
WIDE = NARROW + [
    ("Issue Id", lambda issue, fields: issue["id"]),
    ("Summary", lambda issue, fields: fields["summary"]),
    ("Status", lambda issue, fields: fields["status"]["name"]),
    ("Status Category", lambda issue, fields: fields["status"]["statusCategory"]["name"]),
    ("Issue Type", lambda issue, fields: fields["issuetype"]["name"]),
    ("Priority", lambda issue, fields: fields["priority"]["name"]),
    ("Project", lambda issue, fields: fields["project"]["key"]),
    ("Assignee", lambda issue, fields: of(fields["assignee"], "displayName")),
    ("Assignee Email", lambda issue, fields: of(fields["assignee"], "emailAddress")),
    ("Reporter", lambda issue, fields: of(fields["reporter"], "displayName")),
    ("Created", lambda issue, fields: fields["created"]),
    ("Updated", lambda issue, fields: fields["updated"]),
    ("Due Date", lambda issue, fields: fields["duedate"]),
    ("Resolution", lambda issue, fields: of(fields["resolution"], "name")),
    ("Labels", lambda issue, fields: ", ".join(fields["labels"])),
    ("Components", lambda issue, fields: ", ".join(component["name"] for component in fields["components"])),
    ("Time Spent", lambda issue, fields: fields["timespent"]),
    ("Watch Count", lambda issue, fields: fields["watches"]["watchCount"]),
]
JOBS = {"narrow": NARROW, "wide": WIDE}
INTEGERS = {"Time Spent", "Watch Count"}
