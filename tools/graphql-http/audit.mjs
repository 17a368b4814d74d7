// Audits a running server against the GraphQL over HTTP specification.
//
//   node audit.mjs URL [--header "Name: value"]...
//
// Each rule that the server misses is told on stderr, with what it answered.
// Stdout is one JSON object, {"url", "passed", "missed": {"MUST", "SHOULD",
// "MAY"}, "misses": [{"id", "level", "rule", "reason"}]}, for programs.
// Exit status: 0 when every MUST and SHOULD is met, 1 when one is missed, 2
// when the audit could not be made.
import { parseArgs } from 'node:util';
import { serverAudits } from 'graphql-http';

const usage = 'usage: node audit.mjs URL [--header "Name: value"]...';
const requestTimeout = 10_000; // milliseconds
const bodyShown = 500; // characters of a wrong answer's body

/** Tells why the audit could not be made, and ends. */
function giveUp(reason) {
  console.error(reason);
  process.exit(2);
}

/** Reads the command line into {url, headers}. */
function readArguments() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { header: { type: 'string', multiple: true, default: [] } },
    });
  } catch (error) {
    giveUp(`${error.message}\n${usage}`);
  }
  const [url, ...rest] = parsed.positionals;
  if (!URL.canParse(url ?? '') || rest.length > 0) giveUp(usage);
  const headers = parsed.values.header.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) giveUp(`--header wants "Name: value", not ${JSON.stringify(line)}\n${usage}`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return { url, headers };
}

/** Gives fetch with headers added to every request, and a time limit. */
function fetchWith(headers) {
  return (address, init = {}) => {
    const all = new Headers(init.headers);
    for (const [name, value] of headers) all.set(name, value);
    return fetch(address, { ...init, headers: all, signal: AbortSignal.timeout(requestTimeout) });
  };
}

/** Describes a failed audit's HTTP answer: its status, type and first part. */
async function describe(response) {
  // An audit may have read the body already, to look into it.
  const body = response.bodyUsed ? '(read by the audit)' : (await response.text()).slice(0, bodyShown);
  return `${response.status} ${response.headers.get('content-type') ?? '(no content type)'}\n      ${body}`;
}

const { url, headers } = readArguments();
const misses = [];
const missed = { MUST: 0, SHOULD: 0, MAY: 0 };
let passed = 0;
// One at a time: a limit on requests would otherwise be audited instead.
for (const audit of serverAudits({ url, fetchFn: fetchWith(headers) })) {
  let result;
  try {
    result = await audit.fn();
  } catch (error) {
    giveUp(`${audit.id} ${audit.name}: no answer from ${url}: ${error.cause?.message ?? error.message}`);
  }
  if (result.status === 'ok') {
    passed++;
    continue;
  }
  const [level] = result.name.split(' ', 1);
  const rule = result.name.slice(level.length + 1);
  missed[level]++;
  misses.push({ id: result.id, level, rule, reason: result.reason });
  console.error(`${level} ${rule} [${result.id}]\n      ${result.reason}\n      answer: ${await describe(result.response)}`);
}
console.log(JSON.stringify({ url, passed, missed, misses }, null, 2));
process.exitCode = missed.MUST + missed.SHOULD > 0 ? 1 : 0;
