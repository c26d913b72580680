import { createHash } from 'node:crypto';

/** A file of the pages. Its name holds its hash, so that browsers may keep it for ever. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly content: string;
}

export const pagesPrefix = '/authenticationendpoint';

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16);
  return { path: `${pagesPrefix}/${name}-${hash}.${extension}`, type, content };
}

const style = `
:root {
  color-scheme: light dark;
  --page: #eef1f6; --glow: #dfe7fb; --card: #fff; --line: #d5dae4; --field: #fff; --field-line: #858fa3;
  --text: #161b26; --soft: #566074; --accent: #3147c4; --accent-hover: #2437a3; --on-accent: #fff;
  --tint: #eff2fd; --bad: #a3172b; --bad-tint: #fdf0f1; --bad-line: #e8b4bb;
  --shadow: 0 1px 2px rgb(20 30 60 / .06), 0 12px 40px rgb(20 30 60 / .10);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1118; --glow: #1a2140; --card: #171b25; --line: #2b3242; --field: #0f131b; --field-line: #6d7891;
    --text: #edf0f7; --soft: #a5afc3; --accent: #93a5ff; --accent-hover: #b0bdff; --on-accent: #0d1230;
    --tint: #1d2338; --bad: #ff9aa6; --bad-tint: #2c171c; --bad-line: #6b2d38;
    --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 12px 40px rgb(0 0 0 / .45);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: 2.5rem 1rem;
  display: flex; flex-direction: column; align-items: center; justify-content: center;
  color: var(--text); background: var(--page) radial-gradient(60rem 34rem at 50% -8rem, var(--glow), transparent) no-repeat;
  -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
}
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.5rem; font-weight: 650; font-size: 1.05rem; letter-spacing: -.01em; }
.brand img { width: 1.9rem; height: 1.9rem; display: block; }
main {
  width: 100%; max-width: 26.5rem; padding: 2.25rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; box-shadow: var(--shadow);
}
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 680; letter-spacing: -.018em; text-wrap: balance; }
h2 { margin: 1.75rem 0 .6rem; font-size: .95rem; font-weight: 650; }
p { margin: .6rem 0 0; }
.lead { color: var(--soft); }
.lead strong { color: var(--text); font-weight: 620; }
form { margin: 1.6rem 0 0; }
label { display: block; margin: 1.15rem 0 .4rem; font-weight: 600; font-size: .94rem; }
input[type=text], input[type=password] {
  width: 100%; min-height: 2.9rem; padding: .55rem .8rem; font: inherit; color: inherit; background: var(--field);
  border: 1px solid var(--field-line); border-radius: .6rem;
}
input[aria-invalid=true] { border-color: var(--bad); }
button {
  width: 100%; min-height: 2.9rem; margin: 1.5rem 0 0; padding: .55rem 1.2rem; font: inherit; font-weight: 620; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: .6rem;
}
button:hover { background: var(--accent-hover); }
button.plain { margin-top: .7rem; color: var(--text); background: transparent; border-color: var(--field-line); }
button.plain:hover { background: var(--tint); }
.choices { display: flex; gap: .7rem; margin-top: 1.5rem; }
.choices button, .choices button.plain { margin: 0; }
button.link {
  width: auto; min-height: 1.9rem; margin: 0; padding: .1rem .3rem; color: var(--accent); background: none; border: 0;
  text-decoration: underline; text-underline-offset: .18em; font-size: .92rem;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert {
  margin: 1.4rem 0 0; padding: .8rem 1rem; color: var(--bad); background: var(--bad-tint);
  border: 1px solid var(--bad-line); border-left-width: .3rem; border-radius: .6rem;
}
.alert p { margin: 0; }
.alert p:first-child:not(:last-child) { font-weight: 620; }
.alert p + p { margin-top: .25rem; }
.account {
  display: flex; align-items: center; gap: .8rem; margin: 1.4rem 0 0; padding: .7rem .8rem;
  background: var(--tint); border-radius: .7rem;
}
.account .letter {
  flex: none; width: 2.3rem; height: 2.3rem; border-radius: 50%; display: grid; place-items: center;
  font-weight: 650; color: var(--on-accent); background: var(--accent);
}
form.account + .lead { margin-top: 1rem; }
.code { white-space: nowrap; letter-spacing: .04em; }
.account .who { flex: 1 1 auto; min-width: 0; line-height: 1.3; }
.account .who span { display: block; font-size: .85rem; color: var(--soft); }
.scopes { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.scopes li { position: relative; padding: .65rem 0 .65rem 1.9rem; border-bottom: 1px solid var(--line); }
.scopes li::before {
  content: ""; position: absolute; left: .35rem; top: 1rem; width: .85rem; height: .45rem;
  border: solid var(--accent); border-width: 0 0 .17rem .17rem; transform: rotate(-45deg);
}
.scopes strong { display: block; font-weight: 600; }
.scopes span { display: block; color: var(--soft); font-size: .92rem; }
.check { display: flex; gap: .7rem; align-items: flex-start; margin: 1.4rem 0 0; font-weight: 400; font-size: .94rem; }
.check input { flex: none; width: 1.25rem; height: 1.25rem; margin: .12rem 0 0; accent-color: var(--accent); }
.check small { display: block; color: var(--soft); font-size: .88rem; }
.note { margin-top: 1.5rem; padding-top: 1.1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .88rem; }
.note p:first-child { margin-top: 0; }
.note strong { color: var(--text); font-weight: 620; }
.note code { font-size: .95em; }
a { color: var(--accent); text-underline-offset: .18em; }
@media (max-width: 30rem) {
  body { padding: 1.25rem .75rem; justify-content: flex-start; }
  main { padding: 1.6rem 1.2rem 1.4rem; border-radius: .9rem; }
  .brand { margin-bottom: 1.1rem; }
  .choices { flex-direction: column; }
}
@media (prefers-contrast: more) { :root { --line: currentcolor; --soft: var(--text); } }
@media (forced-colors: active) { button { border-color: ButtonText; } }
`;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3147c4"/><path d="M7.5 25V14.5a8.5 8.5 0 0 1 17 0V25" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/><circle cx="16" cy="16.2" r="3" fill="#fff"/><path d="M16 18v7" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>
`;

export const stylesheet = asset('style', 'css', 'text/css; charset=utf-8', style.trimStart());
export const logo = asset('keygate', 'svg', 'image/svg+xml', icon);
export const assets: readonly Asset[] = [stylesheet, logo];
