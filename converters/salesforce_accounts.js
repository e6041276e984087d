// Every record carries `attributes`, which are about the record and no column of it.
function convert(json) {
  return JSON.parse(json).records.map(({ attributes, ...fields }) => fields);
}
