// Drives the real binary against `oidc-provider`, a certified OAuth 2.0 server, on loopback: the login in both
// callback modes, refresh with rotation, many processes at once, and what a reused refresh token does.
//
//   node login.mjs PATH_OF_PIPELINE        (or `just oidc`)
//
// `cargo test` does not need it; the sandbox plays the server there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Provider from 'oidc-provider';

const binary = process.argv[2] ? absolute(process.argv[2]) : 'pipeline';
const N_PROCESSES = 8;
const TOKEN_SECONDS = 3;
const SECRET = 'oidc-client-secret-7f31';

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const port = await freePort();
const callbackPort = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const counts = { codes: 0, refreshes: 0, refused: 0, revoked: 0 };

function serve() {
  const client = (id, method) => ({
    client_id: id,
    client_secret: SECRET,
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`http://localhost:${callbackPort}/callback`, 'https://example.com'],
    token_endpoint_auth_method: method,
  });
  const provider = new Provider(issuer, {
    clients: [client('in-body', 'client_secret_post'), client('in-header', 'client_secret_basic')],
    claims: { openid: ['sub'], profile: ['name'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `Ms ${id}` }) }),
    cookies: { keys: ['only for this run'] },
    // The default rotates only sometimes.
    rotateRefreshToken: true,
    ttl: { AccessToken: TOKEN_SECONDS, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 3600, IdToken: 60 },
  });
  provider.on('grant.success', ({ oidc }) => {
    counts[oidc.params.grant_type === 'refresh_token' ? 'refreshes' : 'codes'] += 1;
  });
  provider.on('grant.error', () => { counts.refused += 1; });
  provider.on('grant.revoked', () => { counts.revoked += 1; });
  return new Promise((resolve) => { const server = provider.listen(port, '127.0.0.1', () => resolve(server)); });
}

// A browser with cookies that logs in and agrees to everything, until it is sent away from the server.
async function browse(url) {
  const cookies = new Map();
  for (let n = 0, form = null; n < 20; n += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      body: form,
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    form = null;
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      cookies.set(name, value);
    }
    if (response.status >= 300 && response.status < 400) {
      url = new URL(response.headers.get('location'), url).href;
      if (!url.startsWith(issuer)) return url;
      continue;
    }
    const page = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    assert.ok(prompt, `no form in ${page}`);
    url = new URL(/<form[^>]* action="([^"]+)"/.exec(page)[1], url).href;
    form = new URLSearchParams({ prompt, login: 'zoe', password: 'any' });
  }
  throw new Error('the browser goes round in circles');
}

const folder = mkdtempSync(join(tmpdir(), 'pipeline-oidc-'));
const env = { PATH: process.env.PATH, HOME: folder, CLIENT_SECRET: SECRET };
let state = join(folder, 'state');

function start(args) {
  const child = spawn(binary, args, { cwd: folder, env: { ...env, PIPELINE_STATE_DIR: state } });
  const run = { child, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => { run.stdout += text; });
  child.stderr.on('data', (text) => { run.stderr += text; });
  run.ended = new Promise((resolve) => { child.on('close', (code) => resolve({ ...run, code })); });
  return run;
}

async function pipeline(...args) {
  const run = start(args);
  run.child.stdin.end();
  return run.ended;
}

async function succeed(...args) {
  const done = await pipeline(...args);
  assert.equal(done.code, 0, `${args.join(' ')}\n${done.stderr}`);
  return done;
}

function write(name, clientId, more) {
  writeFileSync(join(folder, name), `
datasource:
  kind: rest
  base_url: ${issuer}
  test_path: /me
  auth:
    kind: oauth2
    authentication_url: ${issuer}/token
    authorize_url: ${issuer}/auth
    client_id: ${clientId}
    client_secret: \${CLIENT_SECRET}
    scope: openid profile offline_access
    token_request: form
    ${more}
query: { path: /me, pagination: { kind: none } }
converter: { script: "function convert(json) { return [JSON.parse(json)] }" }
sink: { kind: jsonl, path: ${name}.rows }
`);
}

function refreshToken() {
  const name = readdirSync(join(state, 'tokens')).find((file) => file.endsWith('.json'));
  return JSON.parse(readFileSync(join(state, 'tokens', name), 'utf8')).logins[0].tokens.refresh_token;
}

async function login(file, mode) {
  const run = start(['auth', 'login', file, '--no-browser', ...(mode === 'paste' ? ['--paste'] : [])]);
  let url;
  while (!(url = /^ {2}(http\S+)$/m.exec(run.stderr)?.[1])) {
    assert.equal(run.child.exitCode, null, run.stderr);
    await sleep(10);
  }
  assert.match(url, /code_challenge=[\w-]{43}&code_challenge_method=S256/);
  const redirected = await browse(url);
  if (mode === 'paste') {
    run.child.stdin.end(`${redirected}\n`);
  } else {
    run.child.stdin.end();
    assert.equal((await fetch(redirected)).status, 200);
  }
  const done = await run.ended;
  assert.equal(done.code, 0, done.stderr);
  return done;
}

async function whole(file, mode) {
  state = join(folder, `state-${mode}`);
  console.log(`\n== ${mode} ==`);
  console.log((await login(file, mode)).stdout.replaceAll(folder, '~').trim());
  const first = refreshToken();
  await succeed('run', file);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, `${file}.rows.jsonl`), 'utf8')), { sub: 'zoe', name: 'Ms zoe' });
  await sleep(TOKEN_SECONDS * 1000 + 200);
  await succeed('run', file);
  assert.notEqual(refreshToken(), first, 'the refresh token is rotated');
  console.log(`refreshed and rotated by a run; the server counts ${JSON.stringify(counts)}`);

  await sleep(TOKEN_SECONDS * 1000 + 200);
  const before = counts.refreshes;
  const runs = await Promise.all(Array.from({ length: N_PROCESSES }, () => pipeline('auth', 'status', file)
    .then(() => pipeline('check', file))));
  assert.deepEqual(runs.map((run) => run.code), Array(N_PROCESSES).fill(0), runs.map((run) => run.stderr).join());
  console.log(`${N_PROCESSES} processes on an ended token: all succeed, ${counts.refreshes - before} refresh, `
    + `${counts.refused} refused`);
  assert.equal(counts.refused, 0);

  // What rotation is for: somebody uses the first refresh token again.
  const own = state;
  state = join(folder, `state-${mode}-thief`);
  writeFileSync(join(folder, 'stolen.json'), JSON.stringify({ access_token: 'x', expires_in: 0, refresh_token: first }));
  const thief = start(['auth', 'import', file]);
  thief.child.stdin.end(readFileSync(join(folder, 'stolen.json')));
  await thief.ended;
  const stolen = await pipeline('auth', 'refresh', file);
  assert.equal(stolen.code, 3, stolen.stderr);
  assert.ok(counts.refused >= 1 && counts.revoked === 1, JSON.stringify(counts));
  state = own;
  const dead = await pipeline('run', file);
  assert.equal(dead.code, 3, dead.stderr);
  console.log(`reuse of the first refresh token: the server revokes the grant; the next run ends with ${dead.code}:\n${dead.stderr.trim()}`);
  for (const output of [stolen, dead]) assert.ok(!output.stderr.includes(first) && !output.stderr.includes(SECRET));

  await login(file, mode);
  await succeed('run', file);
  console.log('after logging in again it runs');
  Object.assign(counts, { codes: 0, refreshes: 0, refused: 0, revoked: 0 });
}

const server = await serve();
try {
  write('loopback.yaml', 'in-body', `redirect_url: http://localhost:${callbackPort}/callback`);
  write('paste.yaml', 'in-header', 'client_authentication: basic\n    redirect_url: https://example.com');
  await whole('loopback.yaml', 'loopback');
  await whole('paste.yaml', 'paste');
  console.log('\nall as expected');
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
}
