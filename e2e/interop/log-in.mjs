// For clients in other languages: logs in at the URL given, prints where the browser was sent.
import { logIn } from './support.mjs';

console.log((await logIn(process.argv[2])).href);
