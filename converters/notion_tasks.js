// Every property of a Notion page is an object of its own type; texts come in pieces.
const plain = pieces => pieces.map(piece => piece.plain_text).join('');

const READ = {
  title: property => plain(property.title),
  rich_text: property => plain(property.rich_text),
  number: property => property.number,
  checkbox: property => property.checkbox,
  select: property => (property.select ? property.select.name : null),
  status: property => (property.status ? property.status.name : null),
  multi_select: property => property.multi_select.map(option => option.name),
  date: property => (property.date ? property.date.start : null),
  people: property => property.people.map(person => person.name ?? person.id),
  relation: property => property.relation.map(page => page.id),
  unique_id: ({ unique_id: id }) => (id.prefix ? `${id.prefix}-${id.number}` : id.number),
  formula: property => other(property.formula),
};

// Of any other type: numbers, texts and null as they are, and what has members as JSON.
const other = property => {
  const value = property[property.type];
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
};

function convert(json) {
  return JSON.parse(json).results.map(page => {
    const row = { 'Id': page.id, 'Created': new Date(page.created_time) };
    for (const [name, property] of Object.entries(page.properties)) {
      row[name] = (READ[property.type] ?? other)(property);
      if (property.type === 'date') row[`${name} (end)`] = property.date?.end ?? null;
    }
    return row;
  });
}
