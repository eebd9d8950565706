// Writes what browsers are served, desk/web/static/, from the sources here. Run by scripts/setup.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const served = join(here, "..", "static");
const made = new Map();

const options = { loadPaths: [modules], style: "compressed", quietDeps: true };
made.set("postroom.css", compile(join(here, "styles", "postroom.scss"), options).css);

// Without its last line, which names a source map that is not served.
const behaviour = readFileSync(join(modules, "govuk-frontend", "dist", "govuk", "govuk-frontend.min.js"), "utf8");
made.set("govuk-frontend.min.js", behaviour.replace(/\/\/# sourceMappingURL=.*\s*$/, ""));

for (const folder of ["scripts", "images"]) {
  for (const name of readdirSync(join(here, folder))) made.set(name, readFileSync(join(here, folder, name)));
}

// A desk that is open while this runs never serves half a file.
mkdirSync(served, { recursive: true });
for (const [name, content] of made) {
  writeFileSync(join(served, `.${name}`), content);
  renameSync(join(served, `.${name}`), join(served, name));
}
for (const name of readdirSync(served)) {
  if (!made.has(name)) rmSync(join(served, name));
}
