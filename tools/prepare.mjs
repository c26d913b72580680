// Brings a working tree to the point where it can run: right Node, packages installed, sources built.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bin, node, root, run, step } from './steps.mjs';

const oldestNode = [20, 19];
const projects = ['proto', 'libs/common', 'apps/key-manager', 'apps/gateway', 'apps/cli'];
const prepareImage = join(root, 'apps/key-manager/dist/storage/prepare-image.js');
const stampFile = join(root, 'node_modules/.cache/keygate-build');

/** False when something failed; it has been printed then. Quick when nothing changed. */
export async function prepare() {
  return checkNode() && (await install()) && (await build());
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return true;
  console.error(`Keygate needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`);
  return false;
}

async function install() {
  if (isInstalled()) return true;
  return step('Installing packages (npm ci)', () => run('npm', ['ci', '--no-progress', '--loglevel=error']));
}

/** Whether every package of the lock file lies in node_modules in its version; optional ones depend on the platform. */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  const wanted = packagesOf('package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.optional || entry.peer) return true;
    const found = installed[path];
    return found !== undefined && found.version === entry.version && (entry.link || existsSync(join(root, path)));
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Compiles when a source changed since the last build that went well. */
export async function build() {
  const state = sourceState();
  const isBuilt = projects.every((project) => existsSync(join(root, project, 'dist/.tsbuildinfo')));
  if (isBuilt && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === state) return true;
  const built =
    (await step('Building (tsc -b)', () => node([bin.tsc, '-b']))) &&
    // Creating an empty database takes seconds; a copy of one made here takes half of one.
    (await step('Preparing the embedded database', () => node([prepareImage])));
  if (built) {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, state);
  }
  return built;
}

/** A digest over names, sizes and times of everything the compiler reads. */
function sourceState() {
  const hash = createHash('sha256');
  const files = projects.flatMap((project) => [
    join(root, project, 'package.json'),
    join(root, project, 'tsconfig.json'),
    ...walk(join(root, project, project === 'proto' ? 'gen' : 'src')),
  ]);
  for (const file of [join(root, 'tsconfig.json'), join(root, 'tsconfig.base.json'), ...files]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function walk(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}
