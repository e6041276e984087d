// Amounts are in the smallest unit of their currency: for some (JPY) the currency itself, for some (KWD) a thousandth.
const WITHOUT_CENTS = ['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'];
const WITH_THOUSANDTHS = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];

function amount(charge) {
  if (WITHOUT_CENTS.includes(charge.currency)) return charge.amount;
  return charge.amount / (WITH_THOUSANDTHS.includes(charge.currency) ? 1000 : 100);
}

function convert(json) {
  return JSON.parse(json).data.map(charge => ({
    'Id': charge.id,
    'Amount': amount(charge),
    'Currency': charge.currency.toUpperCase(),
    'Status': charge.status,
    'Customer': charge.customer,
    'Created': new Date(charge.created * 1000),
  }));
}
