// Writes what browsers are served, desk/web/static/, from the sources here. Run by scripts/setup.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const made = join(here, "..", "static");

rmSync(made, { recursive: true, force: true });
mkdirSync(made, { recursive: true });

const { css } = compile(join(here, "styles", "postroom.scss"), {
  loadPaths: [modules],
  style: "compressed",
  quietDeps: true,
});
writeFileSync(join(made, "postroom.css"), css);

for (const folder of ["scripts", "images"]) {
  for (const name of readdirSync(join(here, folder))) cpSync(join(here, folder, name), join(made, name));
}

// Without its last line, which names a source map that is not served.
const behaviour = readFileSync(join(modules, "govuk-frontend", "dist", "govuk", "govuk-frontend.min.js"), "utf8");
writeFileSync(join(made, "govuk-frontend.min.js"), behaviour.replace(/\/\/# sourceMappingURL=.*\s*$/, ""));
