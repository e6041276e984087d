// Amounts are in the smallest unit of their currency, which for some (JPY) is the currency itself.
const WITHOUT_CENTS = ['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'];

function convert(json) {
  return JSON.parse(json).data.map(charge => ({
    'Id': charge.id,
    'Amount': WITHOUT_CENTS.includes(charge.currency) ? charge.amount : charge.amount / 100,
    'Currency': charge.currency.toUpperCase(),
    'Status': charge.status,
    'Customer': charge.customer,
    'Created': new Date(charge.created * 1000),
  }));
}
