function convert(json) {
  return JSON.parse(json).issues.map(issue => ({ Created: new Date(0).toLocaleDateString('ar-EG') }));
}
