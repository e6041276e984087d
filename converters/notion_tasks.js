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
  url: property => property.url,
};

function convert(json) {
  return JSON.parse(json).results.map(page => {
    const row = { 'Id': page.id, 'Created': new Date(page.created_time) };
    for (const [name, property] of Object.entries(page.properties)) {
      const read = READ[property.type];
      row[name] = read ? read(property) : JSON.stringify(property[property.type]);
    }
    return row;
  });
}
