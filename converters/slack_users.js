function convert(json) {
  return JSON.parse(json).members.map(member => ({
    'Id': member.id,
    'Name': member.name,
    'Real Name': member.profile ? member.profile.real_name : null,
    'Time Zone': member.tz,
    'Is Bot': member.is_bot === true,
    'Is Deleted': member.deleted === true,
  }));
}
