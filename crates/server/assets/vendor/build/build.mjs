// Bundles editor.js, and the licences of everything in it.
import { build } from "esbuild";
import { readFileSync, writeFileSync, existsSync } from "node:fs";

const result = await build({
  entryPoints: ["editor.js"], outfile: "../codemirror.js", bundle: true, minify: true, format: "esm",
  target: "es2022", legalComments: "none", metafile: true, logLevel: "warning",
});
const packages = new Set();
for (const path of Object.keys(result.metafile.inputs)) {
  const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map(name => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
  const file = ["LICENSE", "LICENSE.md"].map(file => `node_modules/${name}/${file}`).find(existsSync);
  return `${name} ${version} (${license})\n\n${file ? readFileSync(file, "utf8").trim() : ""}\n`;
});
writeFileSync("../codemirror.LICENSES.txt", "What codemirror.js is made of.\n\n" + licences.join("\n----\n\n"));
