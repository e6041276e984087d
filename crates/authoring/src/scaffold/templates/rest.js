/** @type {Convert} */
function convert(json, metadata) {
  return JSON.parse(json).things.map(thing => ({
    Id: thing.id,
    Name: thing.name,
    Created: new Date(thing.created_at),
  }));
}
