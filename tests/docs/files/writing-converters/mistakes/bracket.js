function convert(json) {
  return JSON.parse(json.issues;
}
