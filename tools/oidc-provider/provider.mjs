// A provider of OpenID Connect for the tests of sign-in: oidc-provider, with a control
// that a test turns. It prints the port that it listens on, and ends with its input.
//
//   node provider.mjs '{"clients": [{"client_id": …}], "path": "/one"}'
//
// POST /control merges JSON into the settings:
//   account   who signs in, as the claims of the ID token; null to refuse
//   error     an error code that the authorization ends with
//   token     changes of the next ID token: claims to set (numbers of exp, nbf and iat are
//             seconds from now), "forge": true for a signature of another key, "former": true
//             for one of the key before the newest, under its name
//   down      true for a provider that answers 503 to everything
//   rotate    true to sign with a new key from now on
import { createServer } from 'node:http';
import { generateKeyPairSync, createSign, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2]);
const settings = { account: { sub: 'person-1', name: 'Prov Provsson', email: 'prov@example.se' }, token: {}, down: false };

const newKey = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256', pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
};
const jwk = ({ pem, ...rest }) => rest;
let keys = [newKey()];
let former = keys[0];
const forger = newKey();

let provider, issuer;
const make = () => {
  provider = new Provider(issuer, {
    clients: options.clients,
    jwks: { keys: keys.map(jwk) },
    cookies: { keys: ['prov'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['name', 'groups'], email: ['email'] },
    scopes: ['openid', 'profile', 'email'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ ...settings.account, sub }) }),
    ttl: { AuthorizationCode: 60, AccessToken: 60, IdToken: 3600, Interaction: 600, Session: 600, Grant: 600 },
  });
  provider.on('server_error', (ctx, err) => process.stderr.write(`${err.stack}\n`));
};

// turn gives an ID token as the settings change it, signed anew.
const turn = (token) => {
  const { forge, former: withdrawn, header: headed, ...set } = settings.token;
  if (!forge && !withdrawn && !headed && Object.keys(set).length === 0) return token;
  const [head, body] = token.split('.').map((part, i) => (i < 2 ? JSON.parse(Buffer.from(part, 'base64url')) : part));
  const now = Math.floor(Date.now() / 1000);
  for (const [name, value] of Object.entries(set)) {
    if (value === null) delete body[name];
    else body[name] = ['exp', 'nbf', 'iat'].includes(name) ? now + value : value;
  }
  const text = [{ ...head, ...(withdrawn && { kid: former.kid }), ...headed }, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  if (headed?.alg === 'none') return `${text}.`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign((forge ? forger : withdrawn ? former : keys[0]).pem, 'base64url')}`;
};

const read = async (req) => {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
};

const server = createServer(async (req, res) => {
  try {
    if (req.url === '/control') {
      Object.assign(settings, JSON.parse(await read(req)));
      if (settings.rotate) {
        settings.rotate = false;
        former = keys[0];
        keys = [newKey()];
        make();
      }
      res.end('{}');
      return;
    }
    if (settings.down) {
      res.writeHead(503).end('down');
      return;
    }
    if (req.url.startsWith('/interaction/')) {
      const details = await provider.interactionDetails(req, res);
      let result = { error: settings.error ?? 'access_denied', error_description: 'Nej' };
      if (settings.account && !settings.error) {
        const grant = new provider.Grant({ accountId: settings.account.sub, clientId: details.params.client_id });
        grant.addOIDCScope(details.params.scope);
        result = { login: { accountId: settings.account.sub }, consent: { grantId: await grant.save() } };
      }
      await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
      return;
    }
    if (req.url === '/token') {
      const end = res.end.bind(res);
      res.end = (chunk, ...rest) => {
        let text = chunk?.toString() ?? '';
        if (text.includes('"id_token"')) {
          const answer = JSON.parse(text);
          answer.id_token = turn(answer.id_token);
          text = JSON.stringify(answer);
          res.setHeader('content-length', Buffer.byteLength(text));
        }
        return end(text, ...rest);
      };
    }
    provider.callback()(req, res);
  } catch (err) {
    process.stderr.write(`${err.stack}\n`);
    res.writeHead(500).end();
  }
});
server.listen(options.port ?? 0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  make();
  process.stdout.write(`${server.address().port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
