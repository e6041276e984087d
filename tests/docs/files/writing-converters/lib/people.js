export const person = user => ({ name: user?.displayName, account: user?.accountId });
