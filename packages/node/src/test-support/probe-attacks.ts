/** One raw request to a server for probes without details, and what has to come of it. */
export interface ProbeAttack {
  readonly name: string
  readonly bytes: string
  /** The status of each answer in turn; none: the connection is closed, or waits for more, without one. */
  readonly statuses: readonly number[]
  /** Versions of Node differ in what they take for HTTP: this is right as well. */
  readonly or?: readonly number[]
  /** The body of the first one; of probes there are no others. */
  readonly body?: string
}

const PATHS = { '/livez': 'live', '/readyz': 'ready', '/startupz': 'started' } as const

const request = (method: string, target: string, ...headers: string[]): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, 'Connection: close', '', ''].join('\r\n')

const attack = (
  name: string,
  bytes: string,
  statuses: number | readonly number[],
  body?: string,
  or?: number | readonly number[],
): ProbeAttack => ({
  name,
  bytes,
  statuses: [statuses].flat(),
  ...(or !== undefined && { or: [or].flat() }),
  ...(body !== undefined && { body }),
})

const probes = Object.entries(PATHS)

const methods = [
  ...probes.flatMap(([path, word]) => [
    attack(`GET ${path}`, request('GET', path), 200, word),
    attack(`HEAD ${path}`, request('HEAD', path), 200, ''),
  ]),
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'SUBSCRIBE', 'QUERY'].flatMap(
    (method) => probes.map(([path]) => attack(`${method} ${path}`, request(method, path), 405, '')),
  ),
  ...['get', 'GETS', 'G ET', '', '\0GET', 'GÉT', 'PRI'].map((method) =>
    attack(`method ${JSON.stringify(method)}`, request(method, '/readyz'), 400),
  ),
  attack('CONNECT', request('CONNECT', 'localhost:80'), []),
]

/** Ways to write the path of a probe that are not the path of a probe. */
const NOT_PROBES = [
  '/',
  '//readyz',
  '/readyz/',
  '/readyz//',
  '/readyz/db',
  '/readyz/..',
  '/readyz/%2e%2e',
  '/readyz/%',
  '/readyz/%00',
  '/./readyz',
  '/../readyz',
  '/x/../readyz',
  '/READYZ',
  '/Readyz',
  '/%72eadyz',
  '/readyz%20',
  '/readyz%00',
  '/readyz;x',
  '/readyz.json',
  '/readyz%3Fverbose',
  '/readyz%2fdb',
  '/readyz\\db',
  '/livez/db',
  '/startupz/db',
  '/readyz/__proto__',
  '/readyz/constructor',
  '/__proto__',
  '/constructor',
  '/toString',
  '/healthz',
  '/metrics',
  '/favicon.ico',
  '/.env',
  '/etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  '/?/readyz',
  '/a?b=/readyz',
  '/readyzz',
  '/ready',
  '/live',
  '/startup',
]

const targets = [
  ...NOT_PROBES.map((target) => attack(`target ${target}`, request('GET', target), 404, '')),
  ...NOT_PROBES.slice(0, 8).map((target) => attack(`POST ${target}`, request('POST', target), 404, '')),
  ...probes.flatMap(([path, word]) => [
    attack(`absolute form of ${path}`, request('GET', `http://localhost${path}`), 200, word),
    attack(`absolute form with a query ${path}`, request('GET', `http://a.example:81${path}?x`), 200, word),
    attack(`absolute form, https ${path}`, request('GET', `https://user:pw@a.example${path}`), 200, word),
    attack(`absolute form, upper case ${path}`, request('GET', `HTTP://LOCALHOST${path}`), 200, word),
    attack(`absolute form POST ${path}`, request('POST', `http://localhost${path}`), 405, ''),
  ]),
  attack('absolute form without a path', request('GET', 'http://localhost'), 404, ''),
  attack('absolute form with nothing but a query', request('GET', 'http://localhost?/readyz'), 404, ''),
  attack('absolute form of another path', request('GET', 'http://localhost/readyz/db'), 404, ''),
  attack('absolute form that has a probe for a host', request('GET', 'http://readyz/'), 404, ''),
  attack('absolute form of another scheme', request('GET', 'ftp://localhost/readyz'), 404, ''),
  attack('asterisk form', request('OPTIONS', '*'), 404, ''),
  attack('asterisk form of GET', request('GET', '*'), 404, ''),
  attack('no target', 'GET  HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400),
  attack('a target without a slash', request('GET', 'readyz'), 400),
  attack('a target with a blank', request('GET', '/readyz /livez'), 400),
  attack('a target with a tab', request('GET', '/readyz\t/livez'), 400),
  attack('a target with a fragment', request('GET', '/readyz#verbose'), 404, ''),
  attack('a target of 6 KiB', request('GET', `/readyz?${'a'.repeat(6_000)}`), 200, 'ready'),
  attack('a target of 20 KiB', request('GET', `/readyz?${'a'.repeat(20_000)}`), 431),
]

/** What a stranger may ask for and does not get. */
const QUERIES = [
  '?verbose',
  '?verbose=1',
  '?verbose&verbose',
  '?VERBOSE',
  '?exclude=db',
  '?exclude=db&exclude=db',
  '?exclude=',
  '?exclude=%',
  '?exclude=%00',
  '?exclude=__proto__',
  '?%76erbose',
  '?',
  '??',
  '?verbose#',
  '?a[b]=c',
  `?${'exclude=x&'.repeat(300)}`,
  '?verbose=%0d%0aSet-Cookie:x',
  '?+',
  '?;',
]

const queries = QUERIES.flatMap((query) => [
  attack(`/readyz${query.slice(0, 40)}`, request('GET', `/readyz${query}`), 200, 'ready'),
  attack(
    `/livez${query.slice(0, 40)} as health+json`,
    request('GET', `/livez${query}`, 'Accept: application/health+json'),
    200,
    'live',
  ),
])

const HEADERS: Readonly<Record<string, readonly [header: string, status: number]>> = {
  'health+json among others': ['Accept: text/html, application/health+json;q=0.1', 200],
  'an Accept of 5 KiB': [`Accept: ${'a/b,'.repeat(1_250)}`, 200],
  'an endless Cookie': [`Cookie: ${'a'.repeat(16_000)}`, 431],
  'many headers': [Array.from({ length: 2_000 }, (_, i) => `a${i}: b`).join('\r\n'), 431],
  'a header without a name': [': x', 400],
  'a header without a colon': ['nonsense', 400],
  'a blank before the colon': ['X-A : b', 400],
  'a folded header': ['X-A: b\r\n c', 400],
  'a header with a null': ['X-A: \0', 400],
  'a header with a bare CR': ['X-A: b\rX-B: c', 400],
  'a header with Latin-1': ['X-A: é', 200],
  'another Host': ['X-Forwarded-Host: evil.example', 200],
  'a forwarded address': ['X-Forwarded-For: 127.0.0.1', 200],
  'an override of the method': ['X-HTTP-Method-Override: DELETE', 200],
  'a range': ['Range: bytes=0-0', 200],
  'a condition': ['If-None-Match: *', 200],
  'a condition of time': ['If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT', 200],
  'Expect: 100-continue': ['Expect: 100-continue', 100],
  'an unknown expectation': ['Expect: the-spanish-inquisition', 417],
  credentials: ['Authorization: Basic !!!', 200],
  'an Origin': ['Origin: http://evil.example', 200],
  'an upgrade to WebSocket': ['Upgrade: websocket', 200],
  'an upgrade to h2c': ['Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__', 200],
  'two lengths': ['Content-Length: 1\r\nContent-Length: 2', 400],
  'a negative length': ['Content-Length: -1', 400],
  'a length of nonsense': ['Content-Length: 1e3', 400],
  'a length beyond all numbers': ['Content-Length: 99999999999999999999', 400],
  'a length and a coding': ['Content-Length: 4\r\nTransfer-Encoding: chunked', 400],
}

const headers = Object.entries(HEADERS).flatMap(([name, [header, status]]) =>
  (['/readyz', '/livez'] as const).map((path) => {
    const statuses = status === 100 ? [100, 200] : [status]
    return attack(`${path} with ${name}`, request('GET', path, header), statuses, status === 200 ? PATHS[path] : undefined)
  }),
)

const bodies = [
  attack('a transfer coding of nonsense', request('GET', '/readyz', 'Transfer-Encoding: nonsense'), 200, undefined, 400),
  attack('a transfer coding of nonsense, posted', request('POST', '/readyz', 'Transfer-Encoding: nonsense'), 405, undefined, 400),
  attack('a body that never comes', request('GET', '/readyz', 'Content-Length: 10'), 200, 'ready'),
  attack('half a body', `${request('POST', '/readyz', 'Content-Length: 10')}half`, 405, ''),
  attack('a body that is too long', `${request('GET', '/readyz', 'Content-Length: 1')}more than one`, 200, 'ready'),
  attack('chunks', `${request('POST', '/livez', 'Transfer-Encoding: chunked')}1\r\na\r\n0\r\n\r\n`, 405, ''),
  attack('chunks that never end', `${request('POST', '/livez', 'Transfer-Encoding: chunked')}1\r\na\r\n`, 405, ''),
  attack(
    'a chunk beyond all numbers',
    `${request('GET', '/livez', 'Transfer-Encoding: chunked')}FFFFFFFFFFFFFFFFFF\r\n`,
    200,
    'live',
  ),
  attack('a chunk of nonsense', `${request('GET', '/livez', 'Transfer-Encoding: chunked')}zz\r\n`, 200, 'live'),
]

const lines = [
  attack('nothing but a line end', '\r\n', []),
  attack('line ends before a request', `\r\n\r\n${request('GET', '/readyz')}`, 200, 'ready'),
  attack('half a request line', 'GET /rea', []),
  attack('half a head', 'GET /readyz HTTP/1.1\r\nHost: x\r\nX-A', []),
  attack('no Host', 'GET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n', 400),
  attack('HTTP/1.0', 'GET /readyz HTTP/1.0\r\n\r\n', 200, 'ready'),
  attack('HTTP/1.0 kept alive', 'GET /readyz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 200, 'ready'),
  attack('HTTP/0.9', 'GET /readyz\r\n\r\n', 200, undefined, 400),
  attack('HTTP/2.0 in the line', 'GET /readyz HTTP/2.0\r\nHost: x\r\n\r\n', 200, undefined, 400),
  attack('HTTP/9.9', 'GET /readyz HTTP/9.9\r\nHost: x\r\n\r\n', 400),
  attack('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
  attack('a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 400),
  attack('a SOCKS hello', '\x05\x01\0', 400),
  attack('SSH', 'SSH-2.0-OpenSSH_9.9\r\n', 400),
  attack('a null', '\0', 400),
  attack('noise', '\xff\xfe\xfd\xfc', 400),
  attack('a line without an end', `GET /${'a'.repeat(70_000)}`, 431),
  attack('bare line feeds', 'GET /readyz HTTP/1.1\nHost: x\nConnection: close\n\n', 400),
]

const kept = (method: string, path: string) => `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const pipelines = [
  attack('three at once', kept('GET', '/readyz') + kept('HEAD', '/livez') + request('GET', '/startupz'), [200, 200, 200]),
  attack('a probe behind a refusal', kept('POST', '/readyz') + request('GET', '/readyz'), [405, 200]),
  attack('a probe behind another path', kept('GET', '/x') + request('GET', '/readyz'), [404, 200]),
  attack('nonsense behind a probe', `${kept('GET', '/readyz')}nonsense\r\n\r\n`, [200], undefined, [200, 400]),
  attack('a request behind the last', request('GET', '/readyz') + request('GET', '/livez'), [200]),
  attack('half a request behind a probe', `${kept('GET', '/readyz')}GET /li`, [200]),
  attack('a hundred and fifty at once', kept('GET', '/readyz').repeat(150), Array(100).fill(200)),
]

/** Attacks on probes: each on a connection of its own. */
export const PROBE_ATTACKS: readonly ProbeAttack[] = [
  ...methods,
  ...targets,
  ...queries,
  ...headers,
  ...bodies,
  ...lines,
  ...pipelines,
]

/** What is wrong with an answer to an attack; undefined when nothing is. `received` is all that came, as Latin-1. */
export function verdict({ statuses, or, body }: ProbeAttack, received: string): string | undefined {
  const seen = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  if (seen.join() !== statuses.join() && seen.join() !== or?.join())
    return `answered ${seen.join() || 'nothing'} where ${statuses.join() || 'nothing'} is right`
  const [head = '', first = ''] = received.split('\r\n\r\n', 2)
  if (body !== undefined && !first.startsWith(body)) return `the body begins ${JSON.stringify(first.slice(0, 40))}`
  if (body === '' && first !== '' && !first.startsWith('HTTP/1.1'))
    return `there is a body: ${JSON.stringify(first.slice(0, 40))}`
  if (body && !/x-content-type-options: nosniff/i.test(head)) return 'nosniff is missing'
  return SECRET_WORDS.find((word) => received.includes(word)) && 'it tells of a resource'
}

/** Of the resource that an attacked kernel has: its name, and the error that its check gives. */
export const SECRET_WORDS: readonly string[] = ['secret-db', 'hunter2']
