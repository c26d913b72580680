// `npm start`: works as the first command in a fresh clone, then becomes `keygate up --demo`.
import { prepare } from './prepare.mjs';

if (!(await prepare())) process.exit(1);
// In this process, so that signals, exit code and terminal are those of the command itself.
process.argv = [process.argv[0], process.argv[1], 'up', '--demo', ...process.argv.slice(2)];
await import('../apps/cli/dist/main.js');
