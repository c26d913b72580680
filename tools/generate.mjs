// `npm run generate`: everything that is generated and committed. `staleFiles` compares it with what is there.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bin, node, root, run } from './steps.mjs';

/** Generates everything into a folder laid out like the repository. */
async function generateInto(folder) {
  await generateProto(folder);
  for (const [file, content] of Object.entries(await configFiles())) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
}

async function generateProto(folder) {
  const args = ['generate', '--template', 'buf.gen.yaml', '-o', join(folder, 'proto')];
  const { code, output } = await run(bin.buf, args, { cwd: join(root, 'proto') });
  if (code !== 0) throw new Error(`buf generate failed\n${output}`);
}

async function configFiles() {
  // The schemas are TypeScript, so they are read from the build.
  const load = (file) => import(pathToFileURL(join(root, file)));
  const { gatewaySchema } = await load('apps/gateway/dist/config/gateway.config.js');
  const { keyManagerSchema } = await load('apps/key-manager/dist/config/key-manager.config.js');
  const { configDocs } = await import('./config-docs.mjs');
  return configDocs({ gateway: gatewaySchema, keyManager: keyManagerSchema });
}

const generatedFolders = ['proto/gen', 'docs/config'];

/** Files that differ from what the sources give, are missing, or are left over. */
export async function staleFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'keygate-generated-'));
  try {
    await generateInto(folder);
    const made = filesIn(folder).map((file) => relative(folder, file));
    const different = made.filter((file) => read(join(folder, file)) !== read(join(root, file)));
    const present = generatedFolders.flatMap((each) => filesIn(join(root, each))).map((file) => relative(root, file));
    const leftOver = present.filter((file) => !made.includes(file));
    return [...different, ...leftOver];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function filesIn(folder) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  } catch {
    return [];
  }
}

async function main() {
  await generateProto(root);
  // Type errors elsewhere do not keep the schemas from being emitted.
  await node([bin.tsc, '-b']);
  await generateInto(root);
  console.log('generated: proto/gen, docs/config, .env.example');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
