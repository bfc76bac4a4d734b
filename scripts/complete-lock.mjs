// Completes package-lock.json with the native packages of other platforms.
//
// npm writes down only those that the registry in use could offer. Where one is
// missing, `npm ci` refuses the file on every machine. An entry without integrity
// is enough: npm skips other platforms, and fetches its own by exact version.
// With --check it changes nothing, and fails if an entry is missing.
import { readFileSync, writeFileSync } from "node:fs";

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const { packages } = lock;

/** Where Node would find a package from another one's folder; undefined if nowhere. */
function placeOf(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === "") return undefined;
  }
}

/** The platform that a native package is for, by the customary words in its name. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const oneOf = (list) => list.split(" ").find((word) => words.includes(word));
  const os = oneOf("aix android darwin freebsd linux netbsd openbsd openharmony sunos win32");
  const cpu = oneOf("arm64 arm ia32 loong64 mips64el ppc64 riscv64 s390x x64 wasm32");
  if (os === undefined || cpu === undefined) throw new Error(`${name}: its platform is not in its name`);
  const libc = os !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return { cpu: [cpu], libc: libc && [libc], os: [os] };
}

const missing = [];
for (const [from, { optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (placeOf(name, from) === undefined)
      missing.push({ from, name, version, siblings: Object.keys(optionalDependencies) });
  }
}
if (process.argv.includes("--check")) {
  for (const { from, name } of missing) console.error(`${file} lacks ${name} of ${from}`);
  if (missing.length > 0) console.error("Run node scripts/complete-lock.mjs.");
  process.exit(missing.length === 0 ? 0 : 1);
}
for (const { from, name, version, siblings } of missing) {
  if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) throw new Error(`${name}: ${version} is not an exact version`);
  const { dev, optional, license } = packages[siblings.map((other) => placeOf(other, from)).find(Boolean)];
  const { cpu, libc, os } = platformOf(name);
  const entry = { version, cpu, dev, libc, license, optional, os };
  packages[`node_modules/${name}`] = Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== undefined),
  );
}
lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${missing.length} entries added to ${file}`);
