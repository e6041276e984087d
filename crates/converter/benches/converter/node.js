// The same converters over the same pages in V8, asked line by line: `guide.js 1 200` runs 200 pages on one thread.
// Rows leave as JSON, the way any program would take them out of the engine.
const fs = require('fs'), path = require('path'), readline = require('readline');
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const [converters, folder] = isMainThread ? process.argv.slice(2) : workerData;
const pages = fs.readdirSync(folder).sort().map(name => fs.readFileSync(path.join(folder, name), 'utf8'));
const functions = {};
for (const name of ['guide.js', 'wide.js']) {
  functions[name] = eval('(' + fs.readFileSync(path.join(converters, name), 'utf8') + ')');
}

function run(name, n) {
  const convert = functions[name];
  let rows = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) rows += JSON.parse(JSON.stringify(convert(pages[i % pages.length]))).length;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (rows === 0) throw new Error('no rows');
  return seconds;
}

if (isMainThread) {
  const workers = [0, 1].map(() => new Worker(__filename, { workerData: [converters, folder] }));
  const ask = (worker, message) => new Promise(resolve => {
    worker.once('message', resolve);
    worker.postMessage(message);
  });
  (async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
      const [name, threads, n] = line.split(' ');
      if (threads === '1') {
        console.log(run(name, +n));
      } else {
        const start = process.hrtime.bigint();
        await Promise.all(workers.map(worker => ask(worker, [name, +n])));
        console.log(Number(process.hrtime.bigint() - start) / 1e9);
      }
    }
    process.exit(0);
  })();
} else {
  parentPort.on('message', ([name, n]) => parentPort.postMessage(run(name, n)));
}
