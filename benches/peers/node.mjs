// The script that a JavaScript author would write: fetch two pages ahead, convert, hyparquet-writer.
import { readFileSync } from "node:fs";
import { ParquetWriter, fileWriter } from "hyparquet-writer";

const [url, job, out] = process.argv.slice(2);
const INTEGERS = new Set(["Time Spent", "Watch Count"]);
const convert = new Function(`${readFileSync(new URL(`${job}.js`, import.meta.url))}; return convert`)();
const headers = { authorization: `Bearer ${process.env.BENCH_TOKEN}` };
const page = async start => {
  const answer = await fetch(`${url}/search?startAt=${start}&maxResults=100`, { headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
};

const first = await page(0);
const { total } = JSON.parse(first);
const ahead = [];
let next = 100;
const fetchMore = () => { while (ahead.length < 2 && next < total) { ahead.push(page(next)); next += 100; } };

let writer, columns;
const flush = () => {
  writer.write({ columnData: columns, rowGroupSize: 1e6 });
  for (const column of columns) column.data = [];
};
for (let text = first; text !== undefined; text = await ahead.shift()) {
  fetchMore();
  const rows = convert(text);
  columns ??= Object.keys(rows[0]).map(name => ({ name, data: [], type: INTEGERS.has(name) ? "INT64" : "STRING" }));
  writer ??= new ParquetWriter({ writer: fileWriter(out), schema: [{ name: "root", num_children: columns.length }, ...columns.map(({ name }) =>
    INTEGERS.has(name) ? { name, type: "INT64", repetition_type: "OPTIONAL" } : { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" })] });
  for (const { name, data } of columns) {
    for (const row of rows) {
      const value = row[name] ?? null;
      data.push(value !== null && INTEGERS.has(name) ? BigInt(value) : value);
    }
  }
  if (columns[0].data.length >= 2000) flush();
}
if (columns[0].data.length) flush();
await writer.finish();
