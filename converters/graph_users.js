function convert(json) {
  return JSON.parse(json).value.map(user => ({
    'Id': user.id,
    'Name': user.displayName,
    'Mail': user.mail,
    'Is Enabled': user.accountEnabled,
    'Created': user.createdDateTime ? new Date(user.createdDateTime) : null,
  }));
}
