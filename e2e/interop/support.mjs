// What the scripts beside this file share: where the servers are, a user at a browser, and how they tell what they got.

/** Handed over by the test. */
export const keygate = JSON.parse(process.env.KEYGATE ?? '{}');

/** Runs the flows one after another and prints one JSON line: what each returned, or how it failed. */
export async function report(flows) {
  const results = {};
  for (const [name, flow] of Object.entries(flows)) {
    try {
      results[name] = (await flow()) ?? 'done';
    } catch (error) {
      const { error: code, error_description: description } = error;
      results[name] = { failed: String(error), code, description, cause: error.cause && inspect(error.cause) };
    }
  }
  console.log(JSON.stringify(results));
}

function inspect(cause) {
  return cause instanceof Error ? String(cause) : JSON.stringify(cause).slice(0, 500);
}

/** The members of a token response that tests look at, whatever the client calls its object. */
export function facts(tokens) {
  return {
    access: tokens.access_token,
    refresh: tokens.refresh_token,
    type: tokens.token_type?.toLowerCase(),
    expiresIn: Number(tokens.expires_in),
    scope: tokens.scope,
    idToken: tokens.id_token,
  };
}

/**
 * A user at a browser without scripts: opens the page, fills in the forms it is shown, and answers the URL that the
 * browser is sent to in the end. It keeps cookies and follows redirects within the authorization server only.
 */
export async function logIn(url, { username, password } = keygate) {
  const cookies = new Map();
  const origin = new URL(keygate.keyManager).origin;
  let request = { url: new URL(url), method: 'GET' };
  for (let step = 0; step < 20; step++) {
    const answer = await fetch(request.url, {
      method: request.method,
      redirect: 'manual',
      body: request.body,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(request.method === 'POST' && { origin, 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie) || value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location !== null) {
      const next = new URL(location, request.url);
      if (!isOurs(next)) return next;
      request = { url: next, method: 'GET' };
      continue;
    }
    request = fillIn(await answer.text(), request.url, answer.status, { username, password });
  }
  throw new Error('the login went round in circles');
}

const isOurs = ({ origin }) => [keygate.keyManager, keygate.gateway].some((url) => new URL(url).origin === origin);

function fillIn(html, page, status, values) {
  const forms = html.match(/<form\b[^>]*>[\s\S]*?<\/form>/gi) ?? [];
  const form = forms.find((one) => /value="(approve|allow)"/.test(one)) ?? forms[0];
  if (form === undefined) throw new Error(`no form on ${page.pathname} (${status}): ${html.slice(0, 2_000)}`);
  const attribute = (tag, name) => plainText(new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1]);
  const body = new URLSearchParams();
  const buttons = [];
  for (const [tag] of form.matchAll(/<(?:input|button)\b[^>]*>/gi)) {
    const name = attribute(tag, 'name');
    const type = attribute(tag, 'type') ?? 'text';
    if (type === 'submit') buttons.push([name, attribute(tag, 'value') ?? '']);
    else if (name === undefined) continue;
    else if (type === 'hidden') body.append(name, attribute(tag, 'value') ?? '');
    else if (type !== 'checkbox') body.append(name, values[name] ?? attribute(tag, 'value') ?? '');
  }
  const approve = buttons.find(([, value]) => /approve|allow|yes|confirm/i.test(value)) ?? buttons[0];
  if (approve?.[0] !== undefined) body.append(...approve);
  const action = attribute(form, 'action') ?? page.href;
  return { url: new URL(action, page), method: 'POST', body: body.toString() };
}

const plainText = (text) =>
  text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
